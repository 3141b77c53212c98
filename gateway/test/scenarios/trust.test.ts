import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';

// Test and live services side by side in one process: each trusts its own WhatsApp only.

test('live services refuse the simulator’s certificate while test services use it', async () => {
  await using world = await TestWorld.start();
  const order = [0, 1, 2, 3].map((number) => (number % 2 === 0 ? 'test' : 'live'));
  const keys = await Promise.all(
    order.map((mode, index) =>
      mode === 'test'
        ? world.makeService({ mode: 'test', link: `44740000040${index}` })
        : world.makeService({ mode: 'live' }),
    ),
  );
  const [firstTest, firstLive, secondTest, secondLive] = keys as [string, string, string, string];
  await world.waitForConnection(firstLive, 'untrusted');
  await world.waitForConnection(secondLive, 'untrusted');
  for (const apiKey of [firstTest, secondTest]) {
    const id = await world.send(apiKey, '447400000409', 'from a test service');
    await world.waitForStatus(apiKey, id, { delivery: 'read' });
  }
  const { json } = await world.ask(`/serviceSettings/${firstLive}`);
  assert.match(json.connectionStatus, /did not prove to be WhatsApp/);
  const queued = await world.send(firstLive, '447400000409', 'never to the simulator');
  await world.waitForStatus(firstLive, queued, { status: 'In the send queue' });
});

test('without a way to WhatsApp a live service says so and tries again; others go on', async () => {
  const portOfNobody = await closedPort();
  await using world = await TestWorld.start({
    TICKWIRE_WHATSAPP_URL: `ws://127.0.0.1:${portOfNobody}`,
  });
  const live = await world.makeService({ mode: 'live' });
  const working = await world.makeService({ link: '447400000411' });
  await world.waitForConnection(live, 'unreachable');
  const qr = await world.ask(`/module/qrCode?apiKey=${live}`);
  assert.equal(qr.status, 503, qr.text);
  assert.ok(world.gateway.isRunning);
  const id = await world.send(working, '447400000412', 'goes on');
  await world.waitForStatus(working, id, { delivery: 'read' });
});

test('with test mode off there is no simulator and no test service', async () => {
  const world = await TestWorld.start({
    TICKWIRE_TEST_MODE: 'off',
    TICKWIRE_SIMULATOR_URL: '',
  });
  after(() => world[Symbol.asyncDispose]());
  const made = await world.askAsOperator('/admin/services', { planId: 4, cycle: 1, mode: 'test' });
  assert.equal(made.status, 404, made.text);
  assert.equal(made.json.code, 'test_mode_off');
  assert.equal((await world.askAsOperator('/simulator/stats')).json.code, 'test_mode_off');
});

/** A loopback port on which nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
