import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sql } from 'kysely';
import { leaseOf, openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import { LeaseLost } from '../../domain/lease.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { listServices } from '../services/list-services.ts';
import { findLeftSession, forgetRefusedAccounts, recordSessionEnd } from './session-ends.ts';
import { recordSessionHealth } from './session-health.ts';
import { recordSession } from './session-rows.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const { pool } = database;

const HOUR_MS = 3_600_000;

test('a session is found as it was left, with what is left of its times', async () => {
  const lease = leaseOf(await storeService(database));
  const news = { state: 'temporarily_banned', detail: 'code 101', qr: null } as const;
  await recordSession(pool, lease, news);
  assert.deepEqual(await findLeftSession(database, lease.serviceId), {
    isWanted: true,
    state: 'temporarily_banned',
    detail: 'code 101',
    notBeforeInMs: null,
    forgetInMs: null,
    isToBeUnlinked: false,
  });
  await recordSessionEnd(pool, lease, { notBeforeInMs: HOUR_MS, forgetInMs: null });
  await recordSessionEnd(pool, lease, { notBeforeInMs: 2 * HOUR_MS, forgetInMs: HOUR_MS });
  const left = await findLeftSession(database, lease.serviceId);
  assert.ok(Math.abs((left?.notBeforeInMs ?? 0) - 2 * HOUR_MS) < 60_000);
  assert.ok(Math.abs((left?.forgetInMs ?? 0) - HOUR_MS) < 60_000);
  await recordSessionEnd(pool, lease, { notBeforeInMs: null, forgetInMs: null });
  assert.equal((await findLeftSession(database, lease.serviceId))?.notBeforeInMs, null);
});

test('whoever was overtaken changes nothing', async () => {
  const { serviceId } = leaseOf(await storeService(database));
  const stale = { serviceId, epoch: 17 };
  const end = { notBeforeInMs: HOUR_MS, forgetInMs: null };
  await assert.rejects(recordSessionEnd(pool, stale, end), LeaseLost);
  assert.equal((await findLeftSession(database, serviceId))?.notBeforeInMs, null);
});

async function refusedService(forgetInMs: number): Promise<ServiceId> {
  const lease = leaseOf(await storeService(database));
  await recordSession(pool, lease, { state: 'connected', detail: null, qr: null });
  await recordSession(pool, lease, { state: 'banned', detail: null, qr: null });
  await recordSessionEnd(pool, lease, { notBeforeInMs: null, forgetInMs });
  const { serviceId } = lease;
  const key = { service_id: serviceId, type: 'creds', name: '', sealed: Buffer.alloc(1) };
  await database.query.insertInto('account_keys').values(key).execute();
  return serviceId;
}

async function keysOf(serviceId: ServiceId): Promise<number> {
  const keys = database.query.selectFrom('account_keys').where('service_id', '=', serviceId);
  return (await keys.select('name').execute()).length;
}

test('the credentials of a refused account go when it is time and nobody holds the account', async () => {
  const due = await refusedService(-1);
  const early = await refusedService(HOUR_MS);
  const held = await refusedService(-1);
  await database.query
    .updateTable('leases')
    .set({ worker_id: 'somebody' })
    .where('service_id', '=', held)
    .execute();
  await forgetRefusedAccounts(pool);
  assert.deepEqual([await keysOf(due), await keysOf(early), await keysOf(held)], [0, 1, 1]);
  const left = await findLeftSession(database, due);
  assert.deepEqual([left?.state, left?.forgetInMs], ['banned', null]);
});

test('the health of many connections is written at once, and does not go back', async () => {
  const [one, two] = [await storeService(database), await storeService(database)];
  for (const serviceId of [one, two]) {
    const news = { state: 'connected', detail: null, qr: null } as const;
    await recordSession(pool, leaseOf(serviceId), news);
  }
  await sql`UPDATE sessions SET connected_at = now() - interval '1 day'`.execute(database.query);
  await recordSessionHealth(database, [
    { serviceId: one, quietMs: 2000, isSlow: true, answerMs: 120.4 },
    { serviceId: two, quietMs: HOUR_MS, isSlow: false, answerMs: null },
  ]);
  await recordSessionHealth(database, [
    { serviceId: one, quietMs: HOUR_MS, isSlow: false, answerMs: 90 },
  ]);
  await recordSessionHealth(database, []);
  const services = await listServices(database, null);
  const [first, second] = [one, two].map((id) => services.find((service) => service.id === id));
  assert.deepEqual([first?.isSlow, first?.answerMs], [false, 90]);
  assert.ok(Date.now() - Number(first?.lastHeardAt) < 60_000);
  assert.deepEqual([second?.isSlow, second?.answerMs], [false, null]);
  assert.ok(Math.abs(Date.now() - Number(second?.lastHeardAt) - HOUR_MS) < 60_000);
});
