import type { ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** @returns the text of the service's message with this WhatsApp id, or null */
export async function findSentText(
  database: Database,
  serviceId: ServiceId,
  whatsAppId: WhatsAppId,
): Promise<string | null> {
  const row = await database.query
    .selectFrom('messages')
    .select('text')
    .where('service_id', '=', serviceId)
    .where('whatsapp_id', '=', whatsAppId)
    .executeTakeFirst();
  return row?.text ?? null;
}
