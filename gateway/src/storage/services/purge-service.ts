import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

const ROWS_AT_ONCE = 5000;
/** What a service leaves behind; its row stays, because the ledger speaks of it. */
const TABLES = [
  'messages',
  'received_messages',
  'media',
  'received_media',
  'lookups',
  'account_keys',
] as const;

/** Removed services of which something is left to delete. */
export async function findServicesToPurge(
  database: Database,
  countMax: number,
): Promise<ServiceId[]> {
  const rows = await database.query
    .selectFrom('services')
    .select('id')
    .where('purged_at', 'is', null)
    .where('purge_at', '<=', sql<Date>`now()`)
    .orderBy('purge_at')
    .limit(countMax)
    .execute();
  return rows.map(({ id }) => id);
}

/**
 * Deletes what a removed service leaves behind, some rows at a time. Harmless when it is interrupted
 * or done by several processes at once. Files on disk follow when their rows are gone.
 */
export async function purgeService(database: Database, serviceId: ServiceId): Promise<void> {
  for (const table of TABLES) {
    for (;;) {
      const deleted = await sql`
        DELETE FROM ${sql.table(table)} WHERE ctid = ANY(ARRAY(
          SELECT ctid FROM ${sql.table(table)} WHERE service_id = ${serviceId}
          LIMIT ${ROWS_AT_ONCE}))`.execute(database.query);
      if (Number(deleted.numAffectedRows ?? 0) < ROWS_AT_ONCE) break;
    }
  }
  await database.query
    .updateTable('sessions')
    .set({ is_wanted: false, qr: null, phone: null, lid: null, name: null })
    .where('service_id', '=', serviceId)
    .execute();
  await database.query
    .updateTable('services')
    .set({ purged_at: sql<Date>`now()` })
    .where('id', '=', serviceId)
    .execute();
}
