import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  openTestDatabase,
  storeService,
  type OpenTestDatabase,
} from '../../test/harness/stored-service.ts';
import type { ServiceId } from '../domain/ids.ts';
import { tellOfEnds } from './end-teller.ts';

const DAY_MS = 86_400_000;

let opened: OpenTestDatabase;
before(async () => {
  opened = await openTestDatabase();
});
after(() => opened[Symbol.asyncDispose]());

const look = () => tellOfEnds(opened.database);

async function listen(): Promise<ServiceId> {
  const serviceId = await storeService(opened.database);
  await opened.database.query
    .insertInto('webhooks')
    .values({ listener_id: serviceId, has_feed: true, secret_sealed: Buffer.alloc(1) })
    .execute();
  return serviceId;
}

async function endIn(serviceId: ServiceId, days: number, suspendedDaysAgo?: number): Promise<void> {
  const isSuspended = suspendedDaysAgo !== undefined;
  await opened.database.query
    .updateTable('services')
    .set({
      expires_at: new Date(Date.now() + days * DAY_MS - 60_000),
      state: isSuspended ? 'suspended' : 'active',
      suspended_at: isSuspended ? new Date(Date.now() - suspendedDaysAgo * DAY_MS) : null,
    })
    .where('id', '=', serviceId)
    .execute();
}

/** What its listeners were told beforehand, in order. */
async function told(serviceId: ServiceId): Promise<string[]> {
  const events = await opened.database.query
    .selectFrom('events')
    .select(['type', 'data'])
    .where('listener_id', '=', serviceId)
    .where('type', 'in', ['service.expiring', 'service.removing'])
    .orderBy('id')
    .execute();
  return events.map(({ type, data }) => `${type} ${(data as { daysLeft: number }).daysLeft}`);
}

test('seven, three and one days before, each once, however many look', async () => {
  const serviceId = await listen();
  for (const days of [8, 7, 5, 3, 2, 1]) {
    await endIn(serviceId, days);
    // The end moves with every look here, so each is another end; the last one is looked at often.
    await look();
  }
  const seen = ['7', '7', '3', '3', '1'].map((days) => `service.expiring ${days}`);
  assert.deepEqual(await told(serviceId), seen);
  await Promise.all(Array.from({ length: 8 }, () => look()));
  assert.deepEqual(await told(serviceId), seen);
});

test('a suspended one is told of its removal, counted from the later of both ends', async () => {
  const [soon, later, over] = [await listen(), await listen(), await listen()];
  await endIn(soon, -18.5, 18.5);
  await endIn(later, -1, 1);
  await endIn(over, -21, 21);
  await look();
  assert.deepEqual(await told(soon), ['service.removing 3']);
  assert.deepEqual([await told(later), await told(over)], [[], []]);
});

test('after a renewal the next end is told of anew', async () => {
  const serviceId = await listen();
  await endIn(serviceId, 1);
  await look();
  await endIn(serviceId, 30);
  await look();
  await endIn(serviceId, 6);
  await look();
  assert.deepEqual(await told(serviceId), ['service.expiring 1', 'service.expiring 7']);
});
