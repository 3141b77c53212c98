import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/**
 * Ends a message that was being sent with a public reason.
 * @param reason a stable code such as `not_on_whatsapp`
 */
export async function failMessage(
  database: Database,
  serviceId: ServiceId,
  id: MessageId,
  reason: string,
): Promise<void> {
  await database.query
    .updateTable('messages')
    .set({ state: 'failed', failure: reason })
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .where('state', '=', 'sending')
    .execute();
}
