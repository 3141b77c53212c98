import type { Pool } from 'pg';

// Ids grow with time, so the oldest are the first of the key. What is about events that were deleted
// before, while they were on their way, goes with those of its age.
const SWEEP = `
  WITH old AS (
    SELECT id FROM (SELECT id, created_at FROM events ORDER BY id LIMIT $2) AS first
    WHERE created_at < to_timestamp($1::float8 / 1000)),
  forgotten AS (
    SELECT id FROM old
    UNION
    SELECT event_id FROM webhook_attempts a
    WHERE event_id < (SELECT max(id) FROM old)
      AND NOT EXISTS (SELECT FROM events WHERE events.id = a.event_id)),
  deliveries AS (DELETE FROM webhook_deliveries WHERE event_id IN (SELECT id FROM forgotten)),
  attempts AS (DELETE FROM webhook_attempts WHERE event_id IN (SELECT id FROM forgotten))
  DELETE FROM events WHERE id IN (SELECT id FROM old)`;

/** Removes the oldest events with all that is about them. @returns how many */
export async function sweepEvents(pool: Pool, beforeMs: number, countMax: number): Promise<number> {
  return (await pool.query(SWEEP, [beforeMs, countMax])).rowCount ?? 0;
}

const EXHAUST = `
  UPDATE webhook_deliveries SET state = 'exhausted'
  WHERE event_id IN (
    SELECT d.event_id FROM webhooks w
    CROSS JOIN LATERAL (
      SELECT event_id FROM webhook_deliveries
      WHERE listener_id = w.listener_id AND state = 'pending'
        AND queued_at < to_timestamp($1::float8 / 1000)
      ORDER BY event_id LIMIT $2) AS d
    LIMIT $2)`;

/** Gives up deliveries that have waited for too long, at a webhook that rests or is disabled. */
export async function exhaustDeliveries(
  pool: Pool,
  queuedBeforeMs: number,
  countMax: number,
): Promise<number> {
  return (await pool.query(EXHAUST, [queuedBeforeMs, countMax])).rowCount ?? 0;
}
