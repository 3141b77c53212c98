import type { Database } from '../database.ts';
import type { ReceivedFileKey } from './record-received-file.ts';

/** A received file as it stands. */
export interface ReceivedFileRow {
  readonly state: 'waiting' | 'stored' | 'failed' | 'removed';
  readonly spoolName: string | null;
  readonly mimetype: string;
  readonly fileName: string;
  readonly bytes: number;
  readonly failure: string | null;
}

/** @returns the file of this received message, or null */
export async function findReceivedFile(
  database: Database,
  { serviceId, messageId }: ReceivedFileKey,
): Promise<ReceivedFileRow | null> {
  const row = await database.query
    .selectFrom('received_media')
    .select([
      'state',
      'spool_name as spoolName',
      'mimetype',
      'file_name as fileName',
      'bytes',
      'failure',
    ])
    .where('service_id', '=', serviceId)
    .where('message_id', '=', messageId)
    .executeTakeFirst();
  return row ?? null;
}
