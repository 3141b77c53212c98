import type { Pool } from 'pg';
import type { MediaId, ServiceId } from '../../domain/ids.ts';
import type { NewMediaFile } from './insert-media.ts';

const RECORD_FETCHED = `
  WITH fetched AS (
    UPDATE media SET state = 'ready', spool_name = $3, kind = $4, mimetype = $5, file_name = $6,
                     bytes = $7
    WHERE service_id = $1 AND id = $2 AND state = 'fetching' RETURNING id),
  queued AS (
    UPDATE messages SET state = 'ready'
    WHERE service_id = $1 AND media_id IN (SELECT id FROM fetched) AND state = 'fetching')
  SELECT id FROM fetched`;

/**
 * The link's file is in the spool: its messages join the queue, in one transaction.
 * @returns false when the file is not wanted any more
 */
export async function recordFetched(
  pool: Pool,
  serviceId: ServiceId,
  id: MediaId,
  file: NewMediaFile,
): Promise<boolean> {
  const { spoolName, kind, mimetype, fileName, bytes } = file;
  const result = await pool.query({
    name: 'record-fetched',
    text: RECORD_FETCHED,
    values: [serviceId, id, spoolName, kind, mimetype, fileName, bytes],
  });
  return result.rowCount === 1;
}

const RECORD_FETCH_FAILED = `
  WITH failed AS (
    UPDATE media SET state = 'failed', failure = $3
    WHERE service_id = $1 AND id = $2 AND state = 'fetching' RETURNING id)
  UPDATE messages SET state = 'failed', failure = $3
  WHERE service_id = $1 AND media_id IN (SELECT id FROM failed) AND state = 'fetching'`;

/**
 * The link gives no file: its messages fail, in one transaction.
 * @param reason a stable code such as `link_unreachable`
 */
export async function recordFetchFailed(
  pool: Pool,
  serviceId: ServiceId,
  id: MediaId,
  reason: string,
): Promise<void> {
  await pool.query({
    name: 'record-fetch-failed',
    text: RECORD_FETCH_FAILED,
    values: [serviceId, id, reason],
  });
}

const POSTPONE_FETCH = `
  UPDATE media SET next_try_at = now() + $3 * interval '1 millisecond', attempts = $4
  WHERE service_id = $1 AND id = $2 AND state = 'fetching'`;

/**
 * The link is tried again later.
 * @param attempts how often it counts as tried
 */
export async function postponeFetch(
  pool: Pool,
  serviceId: ServiceId,
  id: MediaId,
  delayMs: number,
  attempts: number,
): Promise<void> {
  await pool.query({
    name: 'postpone-fetch',
    text: POSTPONE_FETCH,
    values: [serviceId, id, delayMs, attempts],
  });
}
