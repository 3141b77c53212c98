import type { Pool } from 'pg';
import type { EventType } from '../../domain/event.ts';
import type { EventId, ListenerId } from '../../domain/ids.ts';

/** Which events are delivered once more. */
export type Replayed =
  | { readonly id: EventId }
  | { readonly fromMs: number; readonly untilMs: number };

/** What the documented format has words for. */
const DOCUMENTED: readonly EventType[] = ['message.received', 'message.status'];

const REPLAY = `
  WITH wanted AS (
    SELECT e.id, e.listener_id, e.subject
    FROM events e JOIN webhooks w ON w.listener_id = e.listener_id AND w.url IS NOT NULL
    WHERE e.listener_id = $1 AND ($2::bigint IS NULL OR e.id = $2)
      AND e.created_at BETWEEN to_timestamp($3::float8 / 1000) AND to_timestamp($4::float8 / 1000)
      AND (w.format = 'versioned' OR e.type = ANY ($5))
    ORDER BY e.id),
  queued AS (
    INSERT INTO webhook_deliveries AS d (event_id, listener_id, subject)
    SELECT id, listener_id, subject FROM wanted
    ON CONFLICT (event_id) DO UPDATE
      SET state = 'pending', attempts = 0, next_at = now(), queued_at = now()
    RETURNING 1),
  woken AS (
    UPDATE webhooks SET wake_at = CASE WHEN holder IS NULL THEN now() ELSE wake_at END
    WHERE listener_id = $1 AND mode <> 'disabled')
  SELECT count(*) AS count FROM queued`;

const LONG_AGO_MS = 0;
const FAR_AHEAD_MS = Date.UTC(9999, 0, 1);

/**
 * Puts events into the webhook's queue again, delivered or not, under their old ids.
 * @returns how many
 */
export async function replayEvents(
  pool: Pool,
  listenerId: ListenerId,
  replayed: Replayed,
): Promise<number> {
  const isOne = 'id' in replayed;
  const result = await pool.query<{ count: number }>(REPLAY, [
    listenerId,
    isOne ? replayed.id : null,
    isOne ? LONG_AGO_MS : replayed.fromMs,
    isOne ? FAR_AHEAD_MS : replayed.untilMs,
    DOCUMENTED,
  ]);
  return result.rows[0]?.count ?? 0;
}
