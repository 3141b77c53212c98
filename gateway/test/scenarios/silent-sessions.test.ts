import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// A connection can stand and be dead: it is found out and made again. The long silences are tested
// where the clock can be moved (`watchdog.test.ts`).

let world: TestWorld;
before(async () => {
  world = await TestWorld.start();
});
after(() => world[Symbol.asyncDispose]());

for (const [kind, phone] of [
  ['mute', '447400000951'],
  ['half-open', '447400000952'],
] as const) {
  test(`${kind}: a message that is not acknowledged finds it out, and arrives once`, async () => {
    const apiKey = await world.makeService({ link: phone });
    const to = phone.replace(/000(?=\d{3}$)/, '001');
    const first = await world.send(apiKey, to, 'while all is well');
    await world.waitForStatus(apiKey, first, { delivery: 'read' });
    await world.askSimulator('/simulator/faults', { kind, phone });
    await world.askSimulator(`/simulator/phones/${to}/messages`, { to: phone, text: 'unheard' });
    const id = await world.send(apiKey, to, `into the void of ${kind}`);
    await world.waitForStatus(apiKey, id, { delivery: 'read' }, 45_000);
    const shown = (await world.shownBy(to)).filter(({ text }) => text.startsWith('into'));
    assert.deepEqual(
      shown.map(({ text }) => text),
      [`into the void of ${kind}`],
    );
    await waitUntil('what was not heard to come again', async () => {
      const path = `/receivedMessages/${apiKey}?page=1&phonenumber=${to}`;
      return (await world.ask(path)).text.includes('unheard');
    });
    assert.match(world.gateway.output, /answers nothing but pings|was not answered/);
  });
}

test('on a slow line nothing is given up', async () => {
  const phone = '447400000953';
  const apiKey = await world.makeService({ link: phone });
  await world.askSimulator('/simulator/faults', { kind: 'slow-link', phone, delayMs: 300 });
  const id = await world.send(apiKey, '447400000959', 'slowly');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  assert.equal(await world.connectionOf(apiKey), 'connected');
});

test('a line that is cut in the middle of a frame is made again', async () => {
  const phone = '447400000954';
  const apiKey = await world.makeService({ link: phone });
  const drop = { kind: 'drop-connection', phone, afterBytes: 100 };
  await world.askSimulator('/simulator/faults', drop);
  const id = await world.send(apiKey, '447400000959', 'over a cut line');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('the operator sees when WhatsApp was heard of last, and whether it answers in time', async () => {
  const apiKey = await world.makeService({ link: '447400000955' });
  await world.waitForConnection(apiKey, 'connected');
  const { json } = await world.askAsOperator('/admin/services');
  const listed = json.find((entry: { apiKey: string }) => entry.apiKey === apiKey);
  assert.equal(listed.health, 'good');
  assert.ok(Math.abs(Date.parse(listed.lastHeardAt) - Date.now()) < 60_000);
  const { text } = await world.askAsOperator('/metrics');
  assert.match(text, /tickwire_connections_slow 0/);
  assert.match(text, /tickwire_connection_quiet_seconds_max \d/);
});
