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

/** Keeps events that are on their way, each tried once. */
export async function storeTriedEvents(
  { pool }: Database,
  listenerId: ListenerId,
  count: number,
): Promise<void> {
  await pool.query(
    `WITH kept AS (
       INSERT INTO events (listener_id, type, subject, data)
       SELECT $1, 'message.status', 'message:' || number, '{}'
       FROM generate_series(1, $2::int) AS number
       RETURNING id, listener_id, subject),
     queued AS (
       INSERT INTO webhook_deliveries (event_id, listener_id, subject)
       SELECT id, listener_id, subject FROM kept)
     INSERT INTO webhook_attempts (listener_id, event_id, attempt, url, latency_ms, answer, at)
     SELECT listener_id, id, 1, '', 0, '', now() FROM kept`,
    [listenerId, count],
  );
}

/** What is kept about what a listener was told: by table, the first words of the subjects. */
export async function subjectsTold(
  { pool }: Database,
  listenerId: ListenerId,
): Promise<Record<string, string[]>> {
  const about: Record<string, string[]> = {};
  for (const [table, id] of [
    ['events', 'id'],
    ['webhook_deliveries', 'event_id'],
    ['webhook_attempts', 'event_id'],
  ] as const) {
    const { rows } = await pool.query<{ subject: string }>(
      `SELECT split_part(coalesce(e.subject, 'unknown'), ':', 1) AS subject
       FROM ${table} t LEFT JOIN events e ON e.id = t.${id}
       WHERE t.listener_id = $1 ORDER BY 1`,
      [listenerId],
    );
    about[table] = rows.map(({ subject }) => subject);
  }
  return about;
}

/** Rows of what grows with time that were read without an index so far, by connections that ended. */
export async function rowsGoneThrough({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT sum(seq_tup_read)::int AS count FROM pg_stat_user_tables
     WHERE relname IN ('messages', 'events', 'webhook_deliveries', 'webhook_attempts')`,
  );
  return rows[0]?.count ?? Number.NaN;
}
