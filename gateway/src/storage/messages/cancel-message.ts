import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/**
 * Cancels one message, due or not, unless the sender has taken it: it may be with WhatsApp already.
 * @returns whether it was cancelled
 */
export async function cancelMessage(
  database: Database,
  serviceId: ServiceId,
  id: MessageId,
): Promise<boolean> {
  const result = await database.query
    .updateTable('messages')
    .set({ state: 'cancelled' })
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .where('state', 'in', ['accepted', 'fetching', 'ready', 'held'])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
