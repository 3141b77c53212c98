import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/**
 * Puts back messages that were claimed but certainly not handed to WhatsApp. Their attempt does
 * not count.
 */
export async function returnToQueue(
  database: Database,
  serviceId: ServiceId,
  ids: readonly MessageId[],
): Promise<void> {
  if (ids.length === 0) return;
  await database.query
    .updateTable('messages')
    .set((row) => ({ state: 'ready', attempts: row('attempts', '-', 1) }))
    .where('service_id', '=', serviceId)
    .where('id', 'in', ids)
    .where('state', '=', 'sending')
    .execute();
}
