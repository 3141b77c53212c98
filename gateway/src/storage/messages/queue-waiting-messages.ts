import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** Shows a service's due messages as waiting in the queue, while its account is not connected. */
export async function queueWaitingMessages(
  database: Database,
  serviceId: ServiceId,
): Promise<void> {
  await database.query
    .updateTable('messages')
    .set({ state: 'ready' })
    .where('service_id', '=', serviceId)
    .where('state', '=', 'accepted')
    .where('due_at', '<=', sql<Date>`now()`)
    .execute();
}
