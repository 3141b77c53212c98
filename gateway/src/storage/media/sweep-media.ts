import type { Pool } from 'pg';

/**
 * A message needs its file until WhatsApp has answered or it has ended, and for a while longer: a
 * recipient's phone may ask to be sent it again.
 */
const IS_NEEDED = `
  EXISTS (SELECT FROM messages m
          WHERE m.service_id = media.service_id AND m.media_id = media.id
            AND (m.state IN ('accepted', 'fetching', 'ready', 'held', 'sending')
              OR greatest(m.accepted_at, m.executed_at, m.server_at)
                 > now() - $1 * interval '1 millisecond'))`;

const REMOVE_UNNEEDED = `
  WITH unneeded AS (
    SELECT service_id, id FROM media
    WHERE state = 'ready' AND created_at < now() - $1 * interval '1 millisecond'
      AND NOT ${IS_NEEDED}
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)
  UPDATE media SET state = 'removed'
  FROM unneeded WHERE media.service_id = unneeded.service_id AND media.id = unneeded.id
  RETURNING media.spool_name`;

/**
 * Lets go of files that no message needs any more. Where WhatsApp has them stays: a recipient's
 * phone that was off for days may still ask for the message.
 * @param graceMs how long a file is kept after the last message had use for it
 * @returns their names in the spool, to be removed there
 */
export async function releaseUnneededMedia(
  pool: Pool,
  graceMs: number,
  countMax: number,
): Promise<string[]> {
  const result = await pool.query<{ spool_name: string }>({
    name: 'release-unneeded-media',
    text: REMOVE_UNNEEDED,
    values: [graceMs, countMax],
  });
  return result.rows.map((row) => row.spool_name);
}

const DELETE_ORPHANS = `
  DELETE FROM media
  WHERE created_at < now() - $1 * interval '1 millisecond' AND state <> 'ready'
    AND NOT EXISTS (SELECT FROM messages m
                    WHERE m.service_id = media.service_id AND m.media_id = media.id)`;

/** Deletes rows that no message ever used, or whose messages are gone. */
export async function deleteOrphanedMedia(pool: Pool, graceMs: number): Promise<void> {
  await pool.query({ name: 'delete-orphaned-media', text: DELETE_ORPHANS, values: [graceMs] });
}

const KEEP_UNKNOWN = `
  SELECT name FROM unnest($1::text[]) AS spooled(name)
  WHERE NOT EXISTS (SELECT FROM media WHERE state = 'ready' AND spool_name = name)
    AND NOT EXISTS (SELECT FROM received_media WHERE state = 'stored' AND spool_name = name)`;

/** @returns those names of files in the spool that no row knows */
export async function findUnknownFiles(pool: Pool, names: readonly string[]): Promise<string[]> {
  const result = await pool.query<{ name: string }>({
    name: 'find-unknown-files',
    text: KEEP_UNKNOWN,
    values: [names],
  });
  return result.rows.map((row) => row.name);
}
