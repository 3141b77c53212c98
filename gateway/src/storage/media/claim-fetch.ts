import type { Pool } from 'pg';
import type { MediaId, ServiceId } from '../../domain/ids.ts';

/** A link whose file is to be fetched now, by whoever claimed it. */
export interface ClaimedLink {
  readonly serviceId: ServiceId;
  readonly id: MediaId;
  readonly link: string;
  /** How often it was tried, this time included. */
  readonly attempts: number;
}

/** A link without a message that waits for it is not due: the message may not be kept yet. */
const IS_AWAITED = `
  EXISTS (SELECT FROM messages m
          WHERE m.service_id = media.service_id AND m.media_id = media.id
            AND m.state = 'fetching')`;

const CLAIM_LINK = `
  WITH due AS (
    SELECT service_id, id FROM media
    WHERE state = 'fetching' AND next_try_at <= now() AND service_id <> ALL ($1::bigint[])
      AND ${IS_AWAITED}
    ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED)
  UPDATE media SET attempts = media.attempts + 1,
                   next_try_at = now() + $2 * interval '1 millisecond'
  FROM due WHERE media.service_id = due.service_id AND media.id = due.id
  RETURNING media.service_id AS "serviceId", media.id, media.link, media.attempts`;

/**
 * Takes the link that has waited longest. Who takes it has it for a while; if nothing is heard of it
 * by then, because the process died, the link is due again.
 * @param without services to pass over
 * @returns null when nothing is due
 */
export async function claimLink(
  pool: Pool,
  without: readonly ServiceId[],
  leaseMs: number,
): Promise<ClaimedLink | null> {
  const result = await pool.query<ClaimedLink>({
    name: 'claim-link',
    text: CLAIM_LINK,
    values: [without, leaseMs],
  });
  return result.rows[0] ?? null;
}

const NEXT_FETCH = `
  SELECT (extract(epoch FROM min(next_try_at) - now()) * 1000)::float8 AS wait_ms
  FROM media WHERE state = 'fetching' AND next_try_at > now()`;

/** @returns how long until a link is tried again, in milliseconds, or null when none waits */
export async function nextFetchInMs(pool: Pool): Promise<number | null> {
  const result = await pool.query<{ wait_ms: number | null }>({
    name: 'next-fetch',
    text: NEXT_FETCH,
  });
  return result.rows[0]?.wait_ms ?? null;
}
