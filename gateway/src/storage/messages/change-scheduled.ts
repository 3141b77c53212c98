import type { Pool } from 'pg';
import type { MessageId, ServiceId } from '../../domain/ids.ts';

// Everything is judged by the row as it is when its lock is got: what the sender takes at this
// moment is not changed, and of two changes the second sees the first. What pacing held back is
// held back again, if need be, when it is due.
const CHANGE_SCHEDULED = `
  WITH found AS (
    SELECT id, is_scheduled AND state IN ('accepted', 'fetching', 'ready', 'held') AS is_waiting,
           coalesce(to_timestamp($3 / 1000.0), due_at) AS new_due,
           CASE WHEN $4::bigint IS NOT NULL THEN to_timestamp($4 / 1000.0)
                WHEN $5::bigint IS NOT NULL
                THEN coalesce(to_timestamp($3 / 1000.0), due_at) + $5 * interval '1 millisecond'
                ELSE expires_at END AS new_expiry
    FROM messages WHERE service_id = $1 AND id = $2 FOR UPDATE),
  changed AS (
    UPDATE messages m
    SET due_at = new_due, expires_at = new_expiry, text = coalesce($6, m.text),
        state = (CASE m.state WHEN 'held' THEN 'ready' ELSE m.state END)
    FROM found
    WHERE m.service_id = $1 AND m.id = found.id AND is_waiting
      AND (new_expiry IS NULL OR new_expiry > greatest(new_due, now()))
    RETURNING m.id)
  SELECT is_waiting, changed.id IS NOT NULL AS is_changed FROM found LEFT JOIN changed ON true`;

/** What is to be different; null leaves it. */
export interface ScheduledChange {
  /** Milliseconds since 1970. */
  readonly dueAtMs: number | null;
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number | null;
  /** Instead of `expiresAtMs`: counted from the new due time. */
  readonly validMs: number | null;
  readonly text: string | null;
}

/** What became of it; everything but `changed` changed nothing. */
export type ScheduledChangeOutcome = 'changed' | 'not_found' | 'not_waiting' | 'over_before_due';

/** Changes a message that waits with a time of its own, unless the sender has taken it. */
export async function changeScheduledMessage(
  pool: Pool,
  serviceId: ServiceId,
  id: MessageId,
  { dueAtMs, expiresAtMs, validMs, text }: ScheduledChange,
): Promise<ScheduledChangeOutcome> {
  const { rows } = await pool.query<{ is_waiting: boolean; is_changed: boolean }>({
    name: 'change-scheduled',
    text: CHANGE_SCHEDULED,
    values: [serviceId, id, dueAtMs, expiresAtMs, validMs, text],
  });
  const [row] = rows;
  if (row === undefined) return 'not_found';
  if (!row.is_waiting) return 'not_waiting';
  return row.is_changed ? 'changed' : 'over_before_due';
}
