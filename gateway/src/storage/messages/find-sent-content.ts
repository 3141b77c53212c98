import type { Pool } from 'pg';
import type { ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { DueContent } from '../../domain/message.ts';
import { CONTENT_COLUMNS, contentOf, JOIN_MEDIA, type ContentRow } from './content-columns.ts';

const FIND_SENT_CONTENT = `
  SELECT ${CONTENT_COLUMNS} FROM messages m ${JOIN_MEDIA}
  WHERE m.service_id = $1 AND m.whatsapp_id = $2`;

/** @returns what the service's message with this WhatsApp id says, or null */
export async function findSentContent(
  pool: Pool,
  serviceId: ServiceId,
  whatsAppId: WhatsAppId,
): Promise<DueContent | null> {
  const { rows } = await pool.query<ContentRow>(FIND_SENT_CONTENT, [serviceId, whatsAppId]);
  return rows[0] === undefined ? null : contentOf(rows[0]);
}
