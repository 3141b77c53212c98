import { sql } from 'kysely';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/**
 * Puts a message that certainly was not handed to WhatsApp back into the queue for later; its
 * attempt counts.
 */
export async function postponeMessage(
  database: Database,
  serviceId: ServiceId,
  id: MessageId,
  delayMs: number,
): Promise<void> {
  await database.query
    .updateTable('messages')
    .set({ state: 'ready', due_at: sql<Date>`now() + make_interval(secs => ${delayMs / 1000})` })
    .where('service_id', '=', serviceId)
    .where('id', '=', id)
    .where('state', '=', 'sending')
    .execute();
}
