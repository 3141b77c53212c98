import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

const ROWS_AT_ONCE = 5000;
/** What a service leaves behind; its row stays, because the ledger speaks of it. */
const TABLES = [
  'idempotency_keys',
  'questions',
  'chats',
  'paces',
  'session_ends',
  'replaced_keys',
  'messages',
  'received_messages',
  'media',
  'received_media',
  'lookups',
  'account_keys',
] as const;
/** The same of what it was told as a listener. */
const TABLES_OF_LISTENERS = ['webhook_attempts', 'end_notices'] as const;

/**
 * Removed services of which something is left to delete, and that nobody holds, to unlink them or
 * for any other reason.
 */
export async function findServicesToPurge(
  database: Database,
  countMax: number,
): Promise<ServiceId[]> {
  const rows = await database.query
    .selectFrom('services')
    .select('id')
    .where('purged_at', 'is', null)
    .where('purge_at', '<=', sql<Date>`now()`)
    .where(
      sql<boolean>`NOT EXISTS (
        SELECT FROM sessions s JOIN leases l ON l.service_id = s.service_id
        WHERE s.service_id = services.id
          AND (l.worker_id IS NOT NULL OR (s.is_linked AND s.unlink_until > now())))`,
    )
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
  for (const table of TABLES_OF_LISTENERS) {
    await deleteRows(database, table, 'listener_id', serviceId);
  }
  for (const table of TABLES) await deleteRows(database, table, 'service_id', serviceId);
  // Listeners are told yet that the service is removed, but nothing else about it any more.
  await sql`
    DELETE FROM webhook_deliveries d USING events e
    WHERE d.listener_id = ${serviceId} AND e.id = d.event_id AND e.subject <> 'service'
  `.execute(database.query);
  await sql`DELETE FROM events WHERE listener_id = ${serviceId} AND subject <> 'service'`.execute(
    database.query,
  );
  await database.query
    .updateTable('sessions')
    .set({
      is_wanted: false,
      is_linked: false,
      unlink_until: null,
      qr: null,
      phone: null,
      lid: null,
      name: null,
    })
    .where('service_id', '=', serviceId)
    .execute();
  await database.query
    .updateTable('services')
    .set({ purged_at: sql<Date>`now()` })
    .where('id', '=', serviceId)
    .execute();
}

async function deleteRows(
  { query }: Database,
  table: string,
  column: 'service_id' | 'listener_id',
  serviceId: ServiceId,
): Promise<void> {
  for (;;) {
    const deleted = await sql`
      DELETE FROM ${sql.table(table)} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${serviceId}
        LIMIT ${ROWS_AT_ONCE}))`.execute(query);
    if (Number(deleted.numAffectedRows ?? 0) < ROWS_AT_ONCE) return;
  }
}

const TOLD_WITHIN_DAYS = 1;

/** Deletes the listeners of services that were purged a day ago; by now they know, or never will. */
export async function purgeListeners(database: Database): Promise<void> {
  const gone = sql`
    SELECT w.listener_id FROM webhooks w JOIN services v ON v.id = w.listener_id
    WHERE v.purged_at < now() - make_interval(days => ${TOLD_WITHIN_DAYS})`;
  for (const table of ['webhook_attempts', 'webhook_deliveries', 'events', 'webhooks']) {
    await sql`DELETE FROM ${sql.table(table)} WHERE listener_id IN (${gone})`.execute(
      database.query,
    );
  }
}
