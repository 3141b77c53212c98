import type { Pool } from 'pg';
import type { EventFormat, WebhookMode } from '../../domain/event.ts';
import type { ListenerId } from '../../domain/ids.ts';

/** A webhook as the process that holds it needs it. */
export interface HeldWebhookRow {
  readonly listenerId: ListenerId;
  /** Null: removed. */
  readonly url: string | null;
  readonly format: EventFormat;
  readonly sendsKey: boolean;
  readonly baseUrl: string;
  readonly secretSealed: Buffer;
  readonly oldSecretSealed: Buffer | null;
  readonly oldSecretUntilMs: number | null;
  readonly revision: number;
  readonly mode: WebhookMode;
  readonly failures: number;
  readonly probes: number;
  readonly failingSinceMs: number | null;
  readonly probeAtMs: number | null;
  readonly listenerMode: 'test' | 'live';
  /** Null for an agent's, as its key is. */
  readonly planId: number | null;
  readonly keySealed: Buffer | null;
  /** Empty for an agent's: its events name the service they are about. */
  readonly keyPrefix: string;
}

const MS = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const COLUMNS = `
  w.listener_id AS "listenerId", w.url, w.format, w.sends_key AS "sendsKey",
  w.base_url AS "baseUrl", w.secret_sealed AS "secretSealed",
  w.old_secret_sealed AS "oldSecretSealed", ${MS('w.old_secret_until')} AS "oldSecretUntilMs",
  w.revision, w.mode, w.failures, w.probes, ${MS('w.failing_since')} AS "failingSinceMs",
  ${MS('w.probe_at')} AS "probeAtMs", l.mode AS "listenerMode", l.plan_id AS "planId",
  l.key_sealed AS "keySealed", l.key_prefix AS "keyPrefix"`;

const HOLD = `
  WITH free AS (
    SELECT listener_id FROM webhooks
    WHERE listener_id IN (
        SELECT unnest($1::bigint[])
        UNION ALL
        (SELECT listener_id FROM webhooks WHERE wake_at <= to_timestamp($4::float8 / 1000)
         ORDER BY wake_at LIMIT $5))
      AND url IS NOT NULL
      AND CASE WHEN wake_at IS NULL THEN mode <> 'disabled'
               ELSE wake_at <= to_timestamp($4::float8 / 1000) END
      AND EXISTS (SELECT FROM listeners l WHERE l.id = webhooks.listener_id
                    AND (l.plan_id IS NULL OR l.plan_id = ANY ($6)))
    FOR UPDATE SKIP LOCKED)
  UPDATE webhooks w SET holder = $2, wake_at = to_timestamp(($4::float8 + $3::float8) / 1000)
  FROM free JOIN listeners l ON l.id = free.listener_id
  WHERE w.listener_id = free.listener_id
  RETURNING ${COLUMNS}`;

/** Who takes webhooks, and which. */
export interface HoldRules {
  readonly holder: string;
  readonly holdMs: number;
  readonly nowMs: number;
  /** At most how many because their time has come. */
  readonly wokenMax: number;
  /** The plans that include webhooks. */
  readonly planIds: readonly number[];
}

/**
 * Takes webhooks that nobody holds: those of these listeners, and those whose time to be looked at
 * has come. One that is held becomes free when its holder did not renew it in time.
 */
export async function holdWebhooks(
  pool: Pool,
  listeners: readonly ListenerId[],
  { holder, holdMs, nowMs, wokenMax, planIds }: HoldRules,
): Promise<HeldWebhookRow[]> {
  const values = [listeners, holder, holdMs, nowMs, wokenMax, planIds];
  return (await pool.query<HeldWebhookRow>({ name: 'hold-webhooks', text: HOLD, values })).rows;
}

const RENEW = `
  UPDATE webhooks w SET wake_at = to_timestamp(($4::float8 + $3::float8) / 1000)
  FROM listeners l
  WHERE w.listener_id = ANY($1::bigint[]) AND w.holder = $2 AND l.id = w.listener_id
  RETURNING ${COLUMNS}`;

/** Holds on. @returns those still held, as they are now */
export async function renewHolds(
  pool: Pool,
  listeners: readonly ListenerId[],
  holder: string,
  holdMs: number,
  nowMs: number,
): Promise<HeldWebhookRow[]> {
  const values = [listeners, holder, holdMs, nowMs];
  return (await pool.query<HeldWebhookRow>({ name: 'renew-holds', text: RENEW, values })).rows;
}

const RELEASE = `
  UPDATE webhooks w SET holder = NULL, wake_at = to_timestamp(r.wake_ms / 1000.0)
  FROM unnest($1::bigint[], $2::float8[]) AS r(listener_id, wake_ms)
  WHERE w.listener_id = r.listener_id AND w.holder = $3`;

/** Lets go. @param releases each with the time to look at it again, milliseconds, or null */
export async function releaseHolds(
  pool: Pool,
  releases: readonly { readonly listenerId: ListenerId; readonly wakeAtMs: number | null }[],
  holder: string,
): Promise<void> {
  if (releases.length === 0) return;
  await pool.query({
    name: 'release-holds',
    text: RELEASE,
    values: [
      releases.map(({ listenerId }) => listenerId),
      releases.map(({ wakeAtMs }) => wakeAtMs),
      holder,
    ],
  });
}

const FREE_LEFT_BEHIND = `
  UPDATE webhooks SET holder = NULL, wake_at = to_timestamp($2::float8 / 1000)
  WHERE holder ^@ $1`;

/** Frees what was held by those whose name begins so: processes that are known to be dead. */
export async function freeLeftBehind(
  pool: Pool,
  holderPrefix: string,
  nowMs: number,
): Promise<void> {
  await pool.query(FREE_LEFT_BEHIND, [holderPrefix, nowMs]);
}

const WITH_NEWS = `
  SELECT d.listener_id, max(d.event_id) AS newest FROM webhook_deliveries d
  WHERE d.event_id > $1 AND d.state = 'pending'
    AND (d.attempts = 0 OR d.next_at <= to_timestamp($2::float8 / 1000))
  GROUP BY d.listener_id`;

/**
 * Listeners with deliveries that are new and due.
 * @param afterId only events after this one are looked at
 */
export async function findWebhooksWithNews(
  pool: Pool,
  afterId: number,
  nowMs: number,
): Promise<{ listenerId: ListenerId; newestId: number }[]> {
  const result = await pool.query<{ listener_id: ListenerId; newest: number }>({
    name: 'webhooks-with-news',
    text: WITH_NEWS,
    values: [afterId, nowMs],
  });
  return result.rows.map((row) => ({ listenerId: row.listener_id, newestId: row.newest }));
}

const FIND_FORGOTTEN = `
  SELECT w.listener_id FROM webhooks w
  WHERE w.url IS NOT NULL AND w.wake_at IS NULL AND w.mode <> 'disabled'
    AND EXISTS (SELECT FROM webhook_deliveries d
                WHERE d.listener_id = w.listener_id AND d.state = 'pending')`;

/** Listeners with deliveries that wait while nobody was told to look: at a start, and in case. */
export async function findForgottenWebhooks(pool: Pool): Promise<ListenerId[]> {
  const result = await pool.query<{ listener_id: ListenerId }>(FIND_FORGOTTEN);
  return result.rows.map((row) => row.listener_id);
}

/** The newest event on its way to any webhook; 0 when there is none. */
export async function newestDelivery(pool: Pool): Promise<number> {
  const result = await pool.query<{ newest: number | null }>(
    'SELECT max(event_id) AS newest FROM webhook_deliveries',
  );
  return result.rows[0]?.newest ?? 0;
}

const FIND = `
  SELECT ${COLUMNS} FROM webhooks w JOIN listeners l ON l.id = w.listener_id WHERE w.listener_id = $1`;

/** A webhook as whoever delivers to it needs it, without holding it; null when there is none. */
export async function findWebhookRow(
  pool: Pool,
  listenerId: ListenerId,
): Promise<HeldWebhookRow | null> {
  return (await pool.query<HeldWebhookRow>(FIND, [listenerId])).rows[0] ?? null;
}
