import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import type { EventId, ListenerId } from '../../domain/ids.ts';
import { recordAttempts } from './record-attempts.ts';
import { sweepEvents } from './sweep-events.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { pool } = opened.database;
const DAY_MS = 24 * 60 * 60 * 1000;

/** An event of so many days ago, on its way to a webhook. */
async function keep(listenerId: ListenerId, daysOld: number): Promise<EventId> {
  const { rows } = await pool.query<{ id: EventId }>(
    `WITH kept AS (
       INSERT INTO events (listener_id, type, subject, data, created_at)
       VALUES ($1, 'message.status', 'message:1', '{}', now() - make_interval(days => $2))
       RETURNING id, listener_id, subject)
     INSERT INTO webhook_deliveries (event_id, listener_id, subject)
     SELECT id, listener_id, subject FROM kept RETURNING event_id AS id`,
    [listenerId, daysOld],
  );
  const [row] = rows;
  assert.ok(row !== undefined);
  return row.id;
}

async function deliver(listenerId: ListenerId, eventId: EventId): Promise<void> {
  const nowMs = Date.now();
  await recordAttempts(pool, [
    {
      eventId,
      listenerId,
      attempt: 1,
      state: 'delivered',
      nextAtMs: nowMs,
      url: 'https://example.com/',
      status: 200,
      failure: null,
      latencyMs: 1,
      answer: '',
      atMs: nowMs,
    },
  ]);
}

async function idsOf(query: string): Promise<EventId[]> {
  return (await pool.query<{ id: EventId }>(query)).rows.map(({ id }) => id);
}

/** Events that each table speaks of. */
async function left(): Promise<Record<'events' | 'deliveries' | 'attempts', readonly EventId[]>> {
  return {
    events: await idsOf('SELECT id FROM events ORDER BY id'),
    deliveries: await idsOf('SELECT event_id AS id FROM webhook_deliveries ORDER BY event_id'),
    attempts: await idsOf('SELECT event_id AS id FROM webhook_attempts ORDER BY event_id'),
  };
}

test('what is old goes with all that is about it, also what was left of events deleted before', async () => {
  const service = await storeService(opened.database);
  // One was kept while the database's clock was ahead.
  const [deleted, waiting, ahead, delivered, younger, youngest] = [
    await keep(service, 40),
    await keep(service, 35),
    await keep(service, 5),
    await keep(service, 31),
    await keep(service, 29),
    await keep(service, 1),
  ];
  for (const id of [deleted, ahead, delivered, younger]) await deliver(service, id);
  // It was on its way when its service was purged.
  await pool.query('DELETE FROM events WHERE id = $1', [deleted]);
  assert.deepEqual(await left(), {
    events: [waiting, ahead, delivered, younger, youngest],
    deliveries: [waiting, youngest],
    attempts: [deleted, ahead, delivered, younger],
  });
  assert.equal(await sweepEvents(pool, Date.now() - 30 * DAY_MS, 100), 2);
  assert.deepEqual(await left(), {
    events: [ahead, younger, youngest],
    deliveries: [youngest],
    attempts: [ahead, younger],
  });
});
