import type { Pool } from 'pg';

const SWEEP = `
  WITH unneeded AS (
    SELECT name FROM shared_files
    WHERE created_at < now() - $1 * interval '1 millisecond'
      AND NOT EXISTS (SELECT FROM media WHERE state = 'ready' AND spool_name = name)
      AND NOT EXISTS (SELECT FROM received_media WHERE state = 'stored' AND spool_name = name)
    ORDER BY created_at LIMIT $2 FOR UPDATE OF shared_files SKIP LOCKED)
  DELETE FROM shared_files USING unneeded WHERE shared_files.name = unneeded.name`;

/**
 * Deletes copies that no row needs any more.
 * @param graceMs younger ones stay: their row may be on its way
 * @returns how many went
 */
export async function sweepSharedFiles(
  pool: Pool,
  graceMs: number,
  countMax: number,
): Promise<number> {
  const result = await pool.query({
    name: 'sweep-shared-files',
    text: SWEEP,
    values: [graceMs, countMax],
  });
  return result.rowCount ?? 0;
}
