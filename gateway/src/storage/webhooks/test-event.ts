import type { Pool } from 'pg';
import type { EventId, ListenerId } from '../../domain/ids.ts';
import type { DueDelivery } from './due-deliveries.ts';

const INSERT = `
  WITH kept AS (
    INSERT INTO events (listener_id, type, subject, data) VALUES ($1, 'webhook.test', 'test', '{}')
    RETURNING id, listener_id, subject, created_at),
  queued AS (
    INSERT INTO webhook_deliveries (event_id, listener_id, subject, state)
    SELECT id, listener_id, subject, 'dropped' FROM kept)
  SELECT id, (extract(epoch FROM created_at) * 1000)::float8 AS at FROM kept`;

/** Makes an event for a test. Its delivery is not queued: it is tried once, by whoever made it. */
export async function insertTestEvent(pool: Pool, listenerId: ListenerId): Promise<DueDelivery> {
  const result = await pool.query<{ id: EventId; at: number }>(INSERT, [listenerId]);
  const [row] = result.rows;
  if (row === undefined) throw new Error('the event was not kept');
  return {
    id: row.id,
    listenerId,
    type: 'webhook.test',
    data: {},
    about: null,
    createdAtMs: row.at,
    attempts: 0,
    queuedAtMs: row.at,
  };
}
