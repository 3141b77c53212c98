import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// What was answered with success arrives, once, whatever dies in between.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000301';
const apiKey = await world.makeService({ link: OWN });

const shownTexts = async (phone: string): Promise<string[]> =>
  (await world.shownBy(phone)).map((message) => message.text);

test('a restart logs straight in, and what waited is sent once', async () => {
  const before = await world.send(apiKey, '447400000302', 'before the restart');
  await world.waitForStatus(apiKey, before, { delivery: 'read' });
  assert.equal(await world.gateway.stop(), 0, world.gateway.output);
  await world.startGateway();
  await world.waitForConnection(apiKey, 'connected');
  const afterwards = await world.send(apiKey, '447400000302', 'after the restart');
  await world.waitForStatus(apiKey, afterwards, { delivery: 'read' });
  assert.deepEqual(await shownTexts('447400000302'), ['before the restart', 'after the restart']);
  assert.equal((await world.askSimulator('/simulator/stats')).json.logins >= 2, true);
});

test('kill -9 in the middle of a burst, five times: nothing lost, nothing shown twice', async () => {
  const acknowledged: { id: number; text: string }[] = [];
  for (let round = 0; round < 5; round += 1) {
    const burst = Array.from({ length: 12 }, (_, index) => `round ${round}, message ${index}`);
    const sends = Promise.allSettled(
      burst.map(async (text) => {
        const phone = `44740000031${text.length % 5}`;
        acknowledged.push({ id: await world.send(apiKey, phone, text), text });
      }),
    );
    // After the first few were acknowledged, wherever the others are.
    await waitUntil('some to be acknowledged', () => acknowledged.length >= round * 12 + 3);
    await world.gateway.kill();
    await sends;
    await world.startGateway();
  }
  for (const { id } of acknowledged) await world.waitForStatus(apiKey, id, { delivery: 'read' });
  const phones = Array.from({ length: 5 }, (_, index) => `44740000031${index}`);
  const shown = (await Promise.all(phones.map(shownTexts))).flat();
  for (const { text } of acknowledged) {
    assert.equal(shown.filter((one) => one === text).length, 1, `"${text}" was shown`);
  }
  assert.equal(new Set(shown).size, shown.length, 'no text twice');
  const stats = (await world.askSimulator('/simulator/stats')).json;
  assert.equal(stats.reusedRatchetCounters, 0);
  assert.equal(stats.overlappingSockets, 0);
  assert.equal(stats.undecryptable, 0);
});

test('an ack that is lost: the message goes again under its id and is shown once', async () => {
  const phone = '447400000320';
  const first = await world.send(apiKey, phone, 'first contact');
  await world.waitForStatus(apiKey, first, { delivery: 'read' });
  const silence = { ackDelayMs: null, deliverAfterMs: null, readAfterMs: null };
  await world.askSimulator('/simulator/behaviour', silence, 'PUT');
  const id = await world.send(apiKey, phone, 'unanswered');
  await waitUntil('the phone to show it', async () => (await shownTexts(phone)).length === 2);
  const usual = { ackDelayMs: 0, deliverAfterMs: 50, readAfterMs: 200 };
  await world.askSimulator('/simulator/behaviour', usual, 'PUT');
  await world.askSimulator('/simulator/faults', { kind: 'drop-connection', phone: OWN });
  // Its owner had seen the first copy; the second only makes the phone say again that it has it.
  await world.waitForStatus(apiKey, id, { delivery: 'phone' });
  const shown = await world.shownBy(phone);
  assert.deepEqual(
    shown.map(({ text, wireCopies }) => [text, wireCopies]),
    [
      ['first contact', 1],
      ['unanswered', 2],
    ],
  );
});

test('a connection that is dropped, refused and dropped again comes back by itself', async () => {
  for (const fault of [
    { kind: 'drop-connection' },
    { kind: 'refuse-connection', status: 503 },
    { kind: 'drop-connection' },
  ]) {
    await world.askSimulator('/simulator/faults', { ...fault, phone: OWN });
  }
  const id = await world.send(apiKey, '447400000321', 'through all of it');
  await world.waitForStatus(apiKey, id, { delivery: 'read' }, 20_000);
  assert.deepEqual(await shownTexts('447400000321'), ['through all of it']);
});

test('one account in trouble does not hold up another', async () => {
  const other = await world.makeService({ link: '447400000330' });
  const trouble = { kind: 'refuse-connection', phone: OWN, count: 1000 };
  await world.askSimulator('/simulator/faults', trouble);
  await world.askSimulator('/simulator/faults', { kind: 'drop-connection', phone: OWN });
  await waitUntil('the account to be in trouble', async () => {
    return (await world.connectionOf(apiKey)) !== 'connected';
  });
  const stuck = await world.send(apiKey, '447400000331', 'stuck');
  const free = await world.send(other, '447400000331', 'free');
  await world.waitForStatus(other, free, { delivery: 'read' });
  await world.waitForStatus(apiKey, stuck, { status: 'In the send queue' });
  await world.askSimulator('/simulator/faults', undefined, 'DELETE');
});
