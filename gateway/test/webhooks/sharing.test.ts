import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ServiceId } from '../../src/domain/ids.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WebhookWorld } from './webhook-world.ts';

// Webhooks side by side, and several processes.

const world = await WebhookWorld.open();
after(() => world[Symbol.asyncDispose]());
const { sink } = world;
const webhooks = world.openWebhooks();
webhooks.start();
let places = 0;
const newPlace = (): string => `/place-${(places += 1)}`;

test('a hanging endpoint changes nothing for two others', async () => {
  const [hanging, one, other] = [newPlace(), newPlace(), newPlace()];
  sink.answer('hang', hanging);
  const services: ServiceId[] = [];
  for (const path of [hanging, one, other]) {
    const service = await world.makeService(path);
    services.push(service);
    for (let message = 0; message < 50; message += 1) {
      await world.tell(service, message, ['server']);
    }
  }
  webhooks.wake(services);
  await waitUntil(
    'the others to have all',
    () => sink.at(one).length + sink.at(other).length === 100,
  );
  // Its first time-out, after ten seconds, would let a fifth begin.
  assert.equal(sink.at(hanging).length, 4, 'it holds four places');
  sink.answer({ status: 200 }, hanging);
});

test('whatever fails now and then, no message’s states change places', async () => {
  const path = newPlace();
  let count = 0;
  sink.answer(() => ({ status: (count += 1) % 4 === 0 ? 500 : 200 }), path);
  const service = await world.makeService(path);
  for (let message = 0; message < 20; message += 1) await world.tell(service, message);
  webhooks.wake([service]);
  await waitUntil(
    'all to arrive',
    async () => {
      world.clock.advance(120_000);
      return (await world.states(service)).every(({ state }) => state === 'delivered');
    },
    30_000,
  );
  const last = new Map<string, number>();
  for (const { body } of sink.at(path)) {
    const { ID, Delivery } = JSON.parse(body) as { ID: string; Delivery: number };
    assert.ok(Delivery >= (last.get(ID) ?? 1), `${ID}: ${Delivery} after ${last.get(ID)}`);
    last.set(ID, Delivery);
  }
  assert.deepEqual([...new Set(last.values())], [3]);
});

test('two processes share the work, and nothing comes twice', async () => {
  const second = world.openWebhooks();
  second.start();
  const paths = Array.from({ length: 6 }, newPlace);
  const services = [];
  for (const path of paths) services.push(await world.makeService(path));
  for (let message = 0; message < 20; message += 1) {
    for (const service of services) await world.tell(service, message);
  }
  webhooks.wake(services);
  second.wake(services);
  for (const service of services) {
    await world.waitForStates(service, Array<string>(60).fill('delivered'));
  }
  for (const path of paths) {
    const ids = sink.at(path).map(({ headers }) => headers['webhook-id']);
    assert.equal(ids.length, 60);
    assert.equal(new Set(ids).size, 60);
  }
  await second.stop();
});
