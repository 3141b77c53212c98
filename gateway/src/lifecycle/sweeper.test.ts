import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import {
  rowsGoneThrough,
  storeAttempt,
  storeEvent,
  storeTriedEvents,
  subjectsTold,
} from '../../test/harness/stored-event.ts';
import {
  acceptedMessage,
  openTestDatabase,
  storeService,
  type OpenTestDatabase,
} from '../../test/harness/stored-service.ts';
import type { ServiceId } from '../domain/ids.ts';
import { createLog } from '../runtime/log.ts';
import { systemRandom } from '../runtime/random.ts';
import { openDatabase, type Database } from '../storage/database.ts';
import { insertMessages } from '../storage/messages/insert-messages.ts';
import { changeLife } from './change-life.ts';
import { LifecycleSweeper } from './sweeper.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

let opened: OpenTestDatabase;
const stopped: ServiceId[] = [];

before(async () => {
  opened = await openTestDatabase();
});
after(() => opened[Symbol.asyncDispose]());

function newSweeper(
  clock = new ManualClock(),
  database: Database = opened.database,
): LifecycleSweeper {
  return new LifecycleSweeper({
    database,
    clock,
    random: systemRandom,
    log: createLog('silent'),
    onStopped(serviceId) {
      stopped.push(serviceId);
      return Promise.resolve();
    },
  });
}

/** Moves a service's times into the past. */
async function age(
  serviceId: ServiceId,
  columns: readonly ('expires_at' | 'suspended_at' | 'purge_at')[],
  days: number,
): Promise<void> {
  const service = await find(serviceId);
  const earlier = columns.map((column) => {
    const at = service[column];
    return [column, at === null ? null : new Date(at.getTime() - days * DAY_MS)];
  });
  await opened.database.query
    .updateTable('services')
    .set(Object.fromEntries(earlier))
    .where('id', '=', serviceId)
    .execute();
}

async function find(serviceId: ServiceId) {
  return await opened.database.query
    .selectFrom('services')
    .selectAll()
    .where('id', '=', serviceId)
    .executeTakeFirstOrThrow();
}

test('expired: suspended; after twenty days removed; a day later nothing is left', async () => {
  const { database } = opened;
  const [expired, other] = [await storeService(database), await storeService(database)];
  await insertMessages(database.pool, [acceptedMessage(expired, 'a'), acceptedMessage(other, 'b')]);
  await age(expired, ['expires_at'], 2);
  const sweeper = newSweeper();
  await sweeper.sweep(false);
  assert.equal((await find(expired)).state, 'suspended');
  assert.equal((await find(other)).state, 'active');
  assert.deepEqual(stopped.splice(0), [expired]);

  await age(expired, ['expires_at', 'suspended_at'], 19);
  await sweeper.sweep(false);
  assert.equal((await find(expired)).state, 'suspended', 'not yet twenty days');
  await age(expired, ['suspended_at'], 1);
  await sweeper.sweep(false);
  assert.equal((await find(expired)).state, 'removed');
  assert.equal((await find(expired)).purged_at, null, 'it can be brought back for a day');

  await age(expired, ['purge_at'], 1);
  await sweeper.sweep(false);
  assert.notEqual((await find(expired)).purged_at, null);
  const left = await database.query.selectFrom('messages').select('service_id').execute();
  assert.deepEqual(left, [{ service_id: other }]);
});

test('what a webhook was told goes with its service, the news of that a day later', async () => {
  const { database } = opened;
  const [removed, other] = [await storeService(database), await storeService(database)];
  for (const serviceId of [removed, other]) {
    await database.query
      .insertInto('webhooks')
      .values({
        listener_id: serviceId,
        url: 'https://example.com/',
        format: 'versioned',
        secret_sealed: Buffer.alloc(0),
      })
      .execute();
    await storeEvent(database, serviceId);
    await storeAttempt(database, serviceId, await storeEvent(database, serviceId), 'delivered');
  }
  const all = {
    events: ['message', 'message'],
    webhook_deliveries: ['message'],
    webhook_attempts: ['message'],
  };
  assert.deepEqual(await subjectsTold(database, removed), all);

  await changeLife(database, removed, 'remove');
  await newSweeper().sweep(false);
  assert.deepEqual(await subjectsTold(database, removed), {
    events: ['service'],
    webhook_deliveries: ['service'],
    webhook_attempts: [],
  });

  await database.query
    .updateTable('services')
    .set({ purged_at: new Date(Date.now() - 2 * DAY_MS) })
    .where('id', '=', removed)
    .execute();
  await newSweeper().sweep(false);
  assert.deepEqual(await subjectsTold(database, removed), {
    events: [],
    webhook_deliveries: [],
    webhook_attempts: [],
  });
  const webhooks = await database.query.selectFrom('webhooks').select('listener_id').execute();
  assert.ok(!webhooks.some(({ listener_id }) => listener_id === removed));
  assert.deepEqual(await subjectsTold(database, other), all, 'nothing of others');
});

test('a sweep goes through nothing that grows with time, also when a service is purged', async () => {
  const { database } = opened;
  const [busy, removed] = [await storeService(database), await storeService(database)];
  await storeTriedEvents(database, busy, 5000);
  await storeTriedEvents(database, removed, 5);
  await database.pool.query('ANALYZE');
  const before = await rowsGoneThrough(database);
  await changeLife(database, removed, 'remove');
  // What a connection has done is counted, at the latest, when it ends.
  const own = openDatabase(opened.url, () => undefined);
  await newSweeper(new ManualClock(), own).sweep(false);
  await own.close();
  assert.notEqual((await find(removed)).purged_at, null);
  assert.equal((await rowsGoneThrough(database)) - before, 0);
});

test('removed by hand: nothing is left at once', async () => {
  const { database } = opened;
  const serviceId = await storeService(database);
  await changeLife(database, serviceId, 'remove');
  await newSweeper().sweep(false);
  assert.notEqual((await find(serviceId)).purged_at, null);
});

test('more than usual at once: nothing is touched until somebody confirms', async () => {
  const { database } = opened;
  const services: ServiceId[] = [];
  for (let count = 0; count < 25; count += 1) services.push(await storeService(database));
  for (const serviceId of services) await age(serviceId, ['expires_at'], 2);
  const sweeper = newSweeper();
  await sweeper.sweep(false);
  assert.equal(sweeper.heldBackFor, 'too_many_at_once');
  for (const serviceId of services) assert.equal((await find(serviceId)).state, 'active');
  await sweeper.sweep(true);
  assert.equal(sweeper.heldBackFor, null);
  for (const serviceId of services) assert.equal((await find(serviceId)).state, 'suspended');
});

test('a database clock that runs away from the monotonic clock is not believed', async () => {
  const { database } = opened;
  const serviceId = await storeService(database);
  const clock = new ManualClock();
  const sweeper = newSweeper(clock);
  await sweeper.sweep(false);
  await age(serviceId, ['expires_at'], 2);
  // Seen from here the database has gone back by two hours, which is a jump as good as the other.
  clock.advance(2 * 60 * 60 * 1000);
  await sweeper.sweep(false);
  assert.equal(sweeper.heldBackFor, 'clock_jumped');
  assert.equal((await find(serviceId)).state, 'active');
  await sweeper.sweep(true);
  assert.equal((await find(serviceId)).state, 'suspended');
});

test('many sweeps at once change each service once', async () => {
  const { database } = opened;
  const serviceId = await storeService(database);
  await age(serviceId, ['expires_at'], 2);
  stopped.length = 0;
  await Promise.all(Array.from({ length: 8 }, () => newSweeper().sweep(false)));
  assert.deepEqual(stopped, [serviceId]);
});
