import { sql } from 'kysely';
import type { ListenerId, ServiceId } from '../../domain/ids.ts';
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
  await deleteRows(database, 'end_notices', 'listener_id', serviceId);
  for (const table of TABLES) await deleteRows(database, table, 'service_id', serviceId);
  // Listeners are told yet that the service is removed, but nothing else about it any more.
  await deleteEvents(database, serviceId, 'service');
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

/**
 * Deletes a listener's events with all that is about them, which only their ids lead to: there are too
 * many deliveries and attempts to look through all.
 * @param subjectKept of events that stay, or null
 */
async function deleteEvents(
  { query }: Database,
  listenerId: ListenerId,
  subjectKept: string | null,
): Promise<void> {
  for (;;) {
    const deleted = await sql`
      WITH found AS (
        SELECT id FROM events
        WHERE listener_id = ${listenerId} AND subject IS DISTINCT FROM ${subjectKept}::text
        LIMIT ${ROWS_AT_ONCE}),
      attempts AS (DELETE FROM webhook_attempts WHERE event_id IN (SELECT id FROM found)),
      deliveries AS (DELETE FROM webhook_deliveries WHERE event_id IN (SELECT id FROM found))
      DELETE FROM events WHERE id IN (SELECT id FROM found)`.execute(query);
    if (Number(deleted.numAffectedRows ?? 0) < ROWS_AT_ONCE) return;
  }
}

const TOLD_WITHIN_DAYS = 1;

/** Deletes the listeners of services that were purged a day ago; by now they know, or never will. */
export async function purgeListeners(database: Database): Promise<void> {
  const gone = await database.query
    .selectFrom('webhooks')
    .innerJoin('services', 'services.id', 'webhooks.listener_id')
    .select('webhooks.listener_id as listenerId')
    .where('services.purged_at', '<', sql<Date>`now() - make_interval(days => ${TOLD_WITHIN_DAYS})`)
    .execute();
  for (const { listenerId } of gone) {
    await deleteEvents(database, listenerId, null);
    await database.query.deleteFrom('webhooks').where('listener_id', '=', listenerId).execute();
  }
}
