import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { storeAttempt, storeEvent } from '../../../test/harness/stored-event.ts';
import { openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import type { EventId } from '../../domain/ids.ts';
import { sweepEvents } from './sweep-events.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { pool } = opened.database;
const DAY_MS = 24 * 60 * 60 * 1000;

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
  const keep = async (daysOld: number) => await storeEvent(opened.database, service, { daysOld });
  // One was kept while the database's clock was ahead.
  const [deleted, waiting, ahead, delivered, younger, youngest] = [
    await keep(40),
    await keep(35),
    await keep(5),
    await keep(31),
    await keep(29),
    await keep(1),
  ];
  for (const id of [deleted, ahead, delivered, younger]) {
    await storeAttempt(opened.database, service, id, 'delivered');
  }
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
