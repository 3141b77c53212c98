import type { DeliveryState } from '../../src/domain/event.ts';
import type { EventId, ListenerId } from '../../src/domain/ids.ts';
import type { Database } from '../../src/storage/database.ts';
import { recordAttempts } from '../../src/storage/webhooks/record-attempts.ts';

/**
 * Keeps an event about a message, as a statement that changes one does.
 * @param isQueued whether it is on its way to a webhook
 */
export async function storeEvent(
  { pool }: Database,
  listenerId: ListenerId,
  { daysOld = 0, isQueued = true }: { daysOld?: number; isQueued?: boolean } = {},
): Promise<EventId> {
  const { rows } = await pool.query<{ id: EventId }>(
    `WITH kept AS (
       INSERT INTO events (listener_id, type, subject, data, created_at)
       VALUES ($1, 'message.status', 'message:1', '{}', now() - make_interval(days => $2))
       RETURNING id, listener_id, subject),
     queued AS (
       INSERT INTO webhook_deliveries (event_id, listener_id, subject)
       SELECT id, listener_id, subject FROM kept WHERE $3)
     SELECT id FROM kept`,
    [listenerId, daysOld, isQueued],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the event was not kept');
  return row.id;
}

/** Writes down an attempt to deliver it, made now. */
export async function storeAttempt(
  { pool }: Database,
  listenerId: ListenerId,
  eventId: EventId,
  state: DeliveryState,
): Promise<void> {
  const atMs = Date.now();
  const hasArrived = state === 'delivered';
  await recordAttempts(pool, [
    {
      eventId,
      listenerId,
      attempt: 1,
      state,
      nextAtMs: atMs + 60_000,
      url: 'https://example.com/',
      status: hasArrived ? 200 : 500,
      failure: hasArrived ? null : 'status',
      latencyMs: 1,
      answer: '',
      atMs,
    },
  ]);
}
