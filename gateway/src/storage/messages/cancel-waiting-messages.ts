import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/**
 * Cancels a service's messages that are due and that the sender has not taken. Messages that wait
 * for a time that was asked for stay; a row the sender takes at this moment is sent.
 * @returns how many were cancelled
 */
export async function cancelWaitingMessages(
  database: Database,
  serviceId: ServiceId,
): Promise<number> {
  const result = await database.query
    .updateTable('messages')
    .set({ state: 'cancelled' })
    .where('service_id', '=', serviceId)
    .where('state', 'in', ['accepted', 'fetching', 'ready', 'held'])
    .where(sql<boolean>`NOT (is_scheduled AND due_at > now())`)
    .executeTakeFirst();
  return Number(result.numUpdatedRows);
}
