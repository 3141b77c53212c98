import { sql } from 'kysely';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** Which file. */
export interface ReceivedFileKey {
  readonly serviceId: ServiceId;
  readonly messageId: MessageId;
}

/**
 * The file is on the disk under this name.
 * @returns false when nobody wants it any more
 */
export async function recordStoredFile(
  database: Database,
  key: ReceivedFileKey,
  spoolName: string,
  bytes: number,
): Promise<boolean> {
  const result = await updateFile(database, key)
    .set({ state: 'stored', spool_name: spoolName, bytes, failure: null })
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** The download did not work; it is tried again after this time. */
export async function postponeReceivedFile(
  database: Database,
  key: ReceivedFileKey,
  failure: string,
  delayMs: number,
): Promise<void> {
  await updateFile(database, key)
    .set({
      failure,
      next_try_at: sql<Date>`now() + make_interval(secs => ${delayMs / 1000})`,
    })
    .where('state', '=', 'waiting')
    .execute();
}

/** The download did not work and is given up until somebody asks for the file. */
export async function failReceivedFile(
  database: Database,
  key: ReceivedFileKey,
  failure: string,
): Promise<void> {
  await updateFile(database, key)
    .set({ state: 'failed', failure })
    .where('state', '=', 'waiting')
    .execute();
}

/** Somebody asks for a file that was given up: its download begins anew. */
export async function retryReceivedFile(database: Database, key: ReceivedFileKey): Promise<void> {
  await updateFile(database, key)
    .set({ state: 'waiting', attempts: 0, next_try_at: sql<Date>`now()` })
    .where('state', '=', 'failed')
    .execute();
}

/** A file that was stored is on no disk any more: its download begins anew. */
export async function fetchLostFileAgain(
  database: Database,
  key: ReceivedFileKey,
  spoolName: string,
): Promise<void> {
  await updateFile(database, key)
    .set({ state: 'waiting', attempts: 0, next_try_at: sql<Date>`now()` })
    .where('state', '=', 'stored')
    .where('spool_name', '=', spoolName)
    .execute();
}

/** The sender's phone has uploaded the file again, elsewhere. */
export async function recordNewSource(
  database: Database,
  key: ReceivedFileKey,
  source: Buffer,
): Promise<void> {
  await updateFile(database, key).set({ source }).where('state', '=', 'waiting').execute();
}

function updateFile(database: Database, { serviceId, messageId }: ReceivedFileKey) {
  return database.query
    .updateTable('received_media')
    .where('service_id', '=', serviceId)
    .where('message_id', '=', messageId);
}
