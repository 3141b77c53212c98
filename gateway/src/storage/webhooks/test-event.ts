import type { Pool } from 'pg';
import type { EventId, ServiceId } from '../../domain/ids.ts';
import type { DueDelivery } from './due-deliveries.ts';

const INSERT = `
  WITH kept AS (
    INSERT INTO events (service_id, type, subject, data) VALUES ($1, 'webhook.test', 'test', '{}')
    RETURNING id, service_id, subject, created_at),
  queued AS (
    INSERT INTO webhook_deliveries (event_id, service_id, subject, state)
    SELECT id, service_id, subject, 'dropped' FROM kept)
  SELECT id, (extract(epoch FROM created_at) * 1000)::float8 AS at FROM kept`;

/** Makes an event for a test. Its delivery is not queued: it is tried once, by whoever made it. */
export async function insertTestEvent(pool: Pool, serviceId: ServiceId): Promise<DueDelivery> {
  const result = await pool.query<{ id: EventId; at: number }>(INSERT, [serviceId]);
  const [row] = result.rows;
  if (row === undefined) throw new Error('the event was not kept');
  return {
    id: row.id,
    serviceId,
    type: 'webhook.test',
    data: {},
    createdAtMs: row.at,
    attempts: 0,
    queuedAtMs: row.at,
  };
}
