import { sql } from 'kysely';
import type { MediaId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/**
 * What was kept about a file's upload to WhatsApp.
 * @param ageMsMax older ones are not answered
 * @returns it sealed, or null
 */
export async function findUpload(
  database: Database,
  serviceId: ServiceId,
  id: MediaId,
  ageMsMax: number,
): Promise<Buffer | null> {
  const row = await database.query
    .selectFrom('media')
    .select('uploaded')
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .where(sql<boolean>`uploaded_at > now() - ${ageMsMax} * interval '1 millisecond'`)
    .executeTakeFirst();
  return row?.uploaded ?? null;
}

/**
 * Keeps what is needed to send a file again without uploading it again.
 * @param sealed never plain: it holds the file's key
 */
export async function keepUpload(
  database: Database,
  serviceId: ServiceId,
  id: MediaId,
  sealed: Buffer,
): Promise<void> {
  await database.query
    .updateTable('media')
    .set({ uploaded: sealed, uploaded_at: sql<Date>`now()` })
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .execute();
}
