import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * Gives up the files that were received longer ago than this; the messages stay.
 * @returns the names under which they are on the disk
 */
export async function removeOldReceivedFiles(
  database: Database,
  olderThanDays: number,
): Promise<string[]> {
  const rows = await database.query
    .updateTable('received_media')
    .set({ state: 'removed', source: Buffer.alloc(0) })
    .where('state', 'in', ['stored', 'failed'])
    .where('created_at', '<', sql<Date>`now() - make_interval(days => ${olderThanDays})`)
    .returning('spool_name as spoolName')
    .execute();
  return rows.flatMap(({ spoolName }) => spoolName ?? []);
}

/** Which of these names belong to files that are still wanted. */
export async function findWantedReceivedFiles(
  database: Database,
  spoolNames: readonly string[],
): Promise<Set<string>> {
  const rows = await database.query
    .selectFrom('received_media')
    .select('spool_name as spoolName')
    .where('spool_name', '=', sql<string>`ANY(${spoolNames}::text[])`)
    .where('state', '=', 'stored')
    .execute();
  return new Set(rows.flatMap(({ spoolName }) => spoolName ?? []));
}
