import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PoolClient } from 'pg';
import { openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import { waitUntil } from '../../../test/harness/wait-until.ts';
import { ackFeed, closeFeed, findFeed, findFeedsWithNews, openFeed, readFeed } from './feed.ts';
import type { EventId, ServiceId } from '../../domain/ids.ts';

const world = await openTestDatabase();
after(() => world[Symbol.asyncDispose]());
const { pool } = world.database;

async function keep(serviceId: ServiceId, on: Pick<PoolClient, 'query'> = pool): Promise<EventId> {
  const { rows } = await on.query<{ id: EventId }>(
    `INSERT INTO events (listener_id, type, subject, data)
     VALUES ($1, 'webhook.test', 'test', '{}') RETURNING id`,
    [serviceId],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('it was not kept');
  return row.id;
}

async function makeFeed(): Promise<ServiceId> {
  const serviceId = await storeService(world.database);
  await openFeed(pool, serviceId, Buffer.from('sealed'));
  return serviceId;
}

const idsAfter = async (serviceId: ServiceId, afterId: EventId | 0, countMax = 100) =>
  (await readFeed(pool, serviceId, afterId, countMax)).map(({ id }) => id);

/** Waits until the feed shows so many: other tests have transactions on the same server. */
const settledAfter = async (serviceId: ServiceId, afterId: EventId | 0, count: number) =>
  await waitUntil(
    'events to be settled',
    async () => {
      const ids = await idsAfter(serviceId, afterId);
      return ids.length >= count ? ids : null;
    },
    30_000,
  );

test('an event that commits late is never skipped', async () => {
  const service = await makeFeed();
  const late = await pool.connect();
  try {
    await late.query('BEGIN');
    const first = await keep(service, late);
    const second = await keep(service);
    assert.ok(second > first);
    assert.deepEqual(await idsAfter(service, 0), [], 'the second waits for the first');
    assert.deepEqual(await findFeedsWithNews(pool, [{ serviceId: service, afterId: 0 }]), []);
    await late.query('COMMIT');
    assert.deepEqual(await settledAfter(service, 0, 2), [first, second]);
    assert.deepEqual(await idsAfter(service, first), [second]);
  } finally {
    late.release();
  }
});

test('a transaction with a smaller event that began later', async () => {
  const service = await makeFeed();
  const [one, other] = [await pool.connect(), await pool.connect()];
  try {
    await one.query('BEGIN');
    // It has its place among transactions before it keeps anything.
    await one.query('SELECT pg_current_xact_id()');
    await other.query('BEGIN');
    const smaller = await keep(service, other);
    const greater = await keep(service, one);
    await one.query('COMMIT');
    const seen = await settledAfter(service, 0, 1);
    assert.deepEqual(seen, [greater], 'what nothing can come before any more');
    await other.query('COMMIT');
    assert.deepEqual(await settledAfter(service, greater, 1), [smaller]);
  } finally {
    one.release();
    other.release();
  }
});

test('pages, and those who wait', async () => {
  const [service, other] = [await makeFeed(), await makeFeed()];
  const ids = [await keep(service), await keep(service), await keep(service)];
  await settledAfter(service, 0, 3);
  assert.deepEqual(await idsAfter(service, 0, 2), ids.slice(0, 2));
  assert.deepEqual(await idsAfter(service, ids[1] ?? 0, 2), ids.slice(2));
  const waiting = [
    { serviceId: service, afterId: ids[2] ?? 0 },
    { serviceId: other, afterId: 0 },
    { serviceId: service, afterId: ids[0] ?? 0 },
  ] as const;
  assert.deepEqual(await findFeedsWithNews(pool, waiting), [2]);
});

test('what is acknowledged never goes back, and belongs to the service', async () => {
  const [service, other] = [await makeFeed(), await makeFeed()];
  const [first, second] = [await keep(service), await keep(service)];
  assert.equal(await ackFeed(pool, service, second), second);
  assert.equal(await ackFeed(pool, service, first), second);
  assert.equal(await ackFeed(pool, other, second), null);
  assert.equal((await findFeed(pool, service)).ackedId, second);
  await closeFeed(pool, service);
  const { isOpen, ackedId } = await findFeed(pool, service);
  assert.deepEqual([isOpen, ackedId], [false, null]);
  assert.equal(await ackFeed(pool, service, second), null);
});
