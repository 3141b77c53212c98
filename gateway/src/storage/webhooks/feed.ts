import type { Pool } from 'pg';
import type { EventType } from '../../domain/event.ts';
import type { EventId, ServiceId } from '../../domain/ids.ts';

/** How a service's feed stands. */
export interface FeedStanding {
  readonly isOpen: boolean;
  /** Up to here its owner has everything, or null. */
  readonly ackedId: EventId | null;
  /** The part of the service's key that may be shown. */
  readonly keyPrefix: string;
}

/** An event as a feed gives it. */
export interface FeedEvent {
  readonly id: EventId;
  readonly type: EventType;
  readonly data: unknown;
  readonly createdAtMs: number;
}

const OPEN = `
  INSERT INTO webhooks (listener_id, has_feed, secret_sealed) VALUES ($1, true, $2)
  ON CONFLICT (listener_id) DO UPDATE SET has_feed = true`;

/**
 * Events of the service are kept from now on for whoever asks for them.
 * @param secretSealed used when the service never had a webhook
 */
export async function openFeed(
  pool: Pool,
  serviceId: ServiceId,
  secretSealed: Buffer,
): Promise<void> {
  await pool.query(OPEN, [serviceId, secretSealed]);
}

/** No longer; what was acknowledged is forgotten. */
export async function closeFeed(pool: Pool, serviceId: ServiceId): Promise<void> {
  await pool.query(
    'UPDATE webhooks SET has_feed = false, feed_acked = NULL WHERE listener_id = $1',
    [serviceId],
  );
}

const FIND = `
  SELECT coalesce(w.has_feed, false) AS "isOpen", w.feed_acked AS "ackedId",
         s.key_prefix AS "keyPrefix"
  FROM services s LEFT JOIN webhooks w ON w.listener_id = s.id WHERE s.id = $1`;

/** How a service's feed stands. */
export async function findFeed(pool: Pool, serviceId: ServiceId): Promise<FeedStanding> {
  const values = [serviceId];
  const { rows } = await pool.query<FeedStanding>({ name: 'find-feed', text: FIND, values });
  return rows[0] ?? { isOpen: false, ackedId: null, keyPrefix: '' };
}

/**
 * What comes after an event, and is settled.
 *
 * Ids are given before commits, so an event can appear after one with a greater id was read. Events
 * are therefore read by their transaction, and of those only what is older than every transaction
 * that still runs: nothing can appear before that any more. An event that is gone (after 30 days)
 * stands before everything that is left.
 */
const after = (service: string, id: string): string => `
  (e.xid, e.id) > (coalesce((SELECT xid FROM events WHERE id = ${id} AND listener_id = ${service}),
                            '0'), ${id})
  AND e.xid < pg_snapshot_xmin(pg_current_snapshot())`;

const READ = `
  SELECT e.id, e.type, e.data, (extract(epoch FROM e.created_at) * 1000)::float8 AS "createdAtMs"
  FROM events e WHERE e.listener_id = $1 AND ${after('$1::bigint', '$2::bigint')}
  ORDER BY e.xid, e.id LIMIT $3`;

/** What follows an event, in the order of commits. @param afterId 0 for all that is kept */
export async function readFeed(
  pool: Pool,
  serviceId: ServiceId,
  afterId: EventId | 0,
  countMax: number,
): Promise<FeedEvent[]> {
  const values = [serviceId, afterId, countMax];
  return (await pool.query<FeedEvent>({ name: 'read-feed', text: READ, values })).rows;
}

const WITH_NEWS = `
  SELECT w.place::int FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY
    AS w(listener_id, after_id, place)
  WHERE EXISTS (SELECT FROM events e WHERE e.listener_id = w.listener_id
                  AND ${after('w.listener_id', 'w.after_id')})`;

/** Which of these have something to read: their places in the list. */
export async function findFeedsWithNews(
  pool: Pool,
  feeds: readonly { readonly serviceId: ServiceId; readonly afterId: EventId | 0 }[],
): Promise<number[]> {
  const { rows } = await pool.query<{ place: number }>({
    name: 'feeds-with-news',
    text: WITH_NEWS,
    values: [feeds.map(({ serviceId }) => serviceId), feeds.map(({ afterId }) => afterId)],
  });
  return rows.map(({ place }) => place - 1);
}

const ACK = `
  UPDATE webhooks w SET feed_acked = CASE
    WHEN coalesce((SELECT (new.xid, new.id) < (old.xid, old.id) FROM events old
                   WHERE old.id = w.feed_acked), false) THEN feed_acked ELSE new.id END
  FROM events new
  WHERE w.listener_id = $1 AND w.has_feed AND new.id = $2 AND new.listener_id = $1
  RETURNING feed_acked AS "ackedId"`;

/**
 * Remembers up to where the owner has everything; never goes back.
 * @returns where that is now, or null when the service has no such event or no feed
 */
export async function ackFeed(
  pool: Pool,
  serviceId: ServiceId,
  id: EventId,
): Promise<EventId | null> {
  const { rows } = await pool.query<{ ackedId: EventId }>(ACK, [serviceId, id]);
  return rows[0]?.ackedId ?? null;
}
