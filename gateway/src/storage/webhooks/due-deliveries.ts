import type { Pool } from 'pg';
import type { EventType } from '../../domain/event.ts';
import type { EventId, ListenerId } from '../../domain/ids.ts';
import { arrayText } from '../array-text.ts';

/** An event to be delivered. */
export interface DueDelivery {
  readonly id: EventId;
  readonly listenerId: ListenerId;
  readonly type: EventType;
  readonly data: unknown;
  /** The service that an agent is told about: the visible part of its key. Else null. */
  readonly about: string | null;
  readonly createdAtMs: number;
  /** How often it was tried so far. */
  readonly attempts: number;
  readonly queuedAtMs: number;
}

const MS = (column: string): string => `date_part('epoch', ${column}) * 1000`;

// A first attempt waits for no time, so that a clock that was moved keeps none back.
// The first of each subject alone: the next goes when it has arrived.
// The listener comes first in the order, and as a range, so that no plan walks through the
// deliveries of all listeners because they are in the order of their events.
// One value for all rows, since reading rows one by one costs this process thrice as much.
const DUE = `
  SELECT coalesce(json_agg(due), '[]') AS page FROM (
    SELECT d.event_id AS id, d.listener_id AS "listenerId", e.type, e.data, e.about,
           ${MS('e.created_at')} AS "createdAtMs", d.attempts, ${MS('d.queued_at')} AS "queuedAtMs"
    FROM webhook_deliveries d JOIN events e ON e.id = d.event_id
    WHERE d.listener_id BETWEEN $1 AND $1 AND d.state = 'pending'
      AND d.event_id <> ALL ($2::bigint[])
      AND (d.attempts = 0 OR d.next_at <= to_timestamp($3::float8 / 1000) OR $4)
      AND NOT EXISTS (
        SELECT FROM webhook_deliveries earlier
        WHERE earlier.listener_id = d.listener_id AND earlier.subject = d.subject
          AND earlier.state = 'pending' AND earlier.event_id < d.event_id)
    ORDER BY d.listener_id, d.event_id LIMIT $5) AS due`;

/** Which deliveries are asked for. */
export interface DueQuestion {
  /** Those that are on their way already. */
  readonly without: readonly EventId[];
  readonly nowMs: number;
  /** Also what waits for its next try: for a probe. */
  readonly isEarly: boolean;
  readonly countMax: number;
}

/** What may go to a listener's webhook now, oldest first and one a subject. */
export async function findDueDeliveries(
  pool: Pool,
  listenerId: ListenerId,
  { without, nowMs, isEarly, countMax }: DueQuestion,
): Promise<DueDelivery[]> {
  const result = await pool.query<{ page: DueDelivery[] }>({
    name: 'due-deliveries',
    text: DUE,
    values: [listenerId, arrayText(without), nowMs, isEarly, countMax],
  });
  return result.rows[0]?.page ?? [];
}

const NEXT_DUE = `
  SELECT ${MS('min(next_at)')} AS at FROM webhook_deliveries
  WHERE listener_id = $1 AND state = 'pending' AND next_at > to_timestamp($2::float8 / 1000)`;

/** When the listener's next delivery comes due, milliseconds, or null. */
export async function nextDeliveryAtMs(
  pool: Pool,
  listenerId: ListenerId,
  nowMs: number,
): Promise<number | null> {
  const result = await pool.query<{ at: number | null }>({
    name: 'next-delivery',
    text: NEXT_DUE,
    values: [listenerId, nowMs],
  });
  return result.rows[0]?.at ?? null;
}

const HASTEN = `
  UPDATE webhook_deliveries SET next_at = to_timestamp($2::float8 / 1000)
  WHERE listener_id = $1 AND state = 'pending' AND next_at > to_timestamp($2::float8 / 1000)`;

/** What waits for its next try is due now. */
export async function hastenDeliveries(
  pool: Pool,
  listenerId: ListenerId,
  nowMs: number,
): Promise<void> {
  await pool.query({ name: 'hasten-deliveries', text: HASTEN, values: [listenerId, nowMs] });
}
