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

test('many endpoints that hang at once leave places for the others', async () => {
  const hanging = newPlace();
  sink.answer('hang', hanging);
  const stuck: ServiceId[] = [];
  for (let count = 0; count < 80; count += 1) stuck.push(await world.makeService(hanging));
  for (const service of stuck) {
    for (let message = 0; message < 4; message += 1) await world.tell(service, message, ['server']);
  }
  webhooks.wake(stuck);
  await waitUntil('all places to be taken', () => sink.at(hanging).length >= 256);
  const path = newPlace();
  const service = await world.makeService(path);
  for (let message = 0; message < 50; message += 1) await world.tell(service, message);
  webhooks.wake([service]);
  // They hang for ten seconds each, and there are 320 of them.
  await waitUntil('the healthy one to have all', () => sink.at(path).length === 150, 5000);
  sink.answer({ status: 200 }, hanging);
});

test('a process that comes back goes on at once with what it had', async () => {
  const path = newPlace();
  const service = await world.makeService(path);
  await world.tell(service, 1);
  await world.database.query
    .updateTable('webhooks')
    .set({ holder: 'home-1:dead', wake_at: new Date(world.clock.now() + 15_000) })
    .where('listener_id', '=', service)
    .execute();
  const other = world.openWebhooks({ home: 'home-2' });
  other.start();
  other.wake([service]);
  const back = world.openWebhooks({ home: 'home-1' });
  back.start();
  await waitUntil('all to come', () => sink.at(path).length === 3, 5000);
  await Promise.all([other.stop(), back.stop()]);
});

test('what waits for one endpoint comes in the order of its events', async () => {
  const path = newPlace();
  let isAway = true;
  sink.answer(() => ({ status: isAway ? 503 : 200 }), path);
  const service = await world.makeService(path);
  const ids: string[] = [];
  for (let message = 0; message < 60; message += 1) {
    for (const id of await world.tell(service, message)) ids.push(`evt_${id}`);
  }
  webhooks.wake([service]);
  await waitUntil('it to rest', async () => {
    world.clock.advance(60_000);
    return (await world.webhook(service)).mode === 'resting';
  });
  isAway = false;
  const before = sink.at(path).length;
  // A clock that moves while a post is under way may time it out: then it comes twice.
  const firstPlaces = (): Map<string | undefined, number> => {
    const placeOf = new Map<string | undefined, number>();
    for (const [place, { headers }] of sink.at(path).slice(before).entries()) {
      const id = headers['webhook-id'];
      if (!placeOf.has(id)) placeOf.set(id, place);
    }
    return placeOf;
  };
  await waitUntil(
    'all to come',
    async () => {
      // How often it was probed meanwhile, and so how long it rests, is left to the machine.
      const isResting = (await world.webhook(service)).mode === 'resting';
      world.clock.advance(isResting ? 3_600_000 : 1000);
      return firstPlaces().size === ids.length;
    },
    30_000,
  );
  const placeOf = firstPlaces();
  for (const [index, id] of ids.entries()) {
    const place = placeOf.get(id) ?? Number.NaN;
    const earlier = index % 3 === 0 ? -1 : (placeOf.get(ids[index - 1] ?? '') ?? Number.NaN);
    assert.ok(place > earlier, `${id} of the same message came before the one before it`);
  }
});
