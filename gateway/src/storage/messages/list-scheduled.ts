import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { KEPT_MESSAGE_COLUMNS, type KeptMessage } from './find-message.ts';
import type { Page, PageRequest } from './list-messages.ts';

/** A message with a time of its own. */
export interface ScheduledMessage extends KeptMessage {
  readonly dueAt: Date;
}

/** In the words of the index that holds such messages alone. */
const IS_SCHEDULED = sql<boolean>`
  is_scheduled AND state IN ('accepted', 'fetching', 'ready', 'held')`;

/** A service's messages that wait with a time of their own, the next one first. */
export async function listScheduledMessages(
  database: Database,
  serviceId: ServiceId,
  request: PageRequest,
): Promise<Page<ScheduledMessage>> {
  let matching = database.query
    .selectFrom('messages')
    .where('service_id', '=', serviceId)
    .where(IS_SCHEDULED);
  if (request.phoneDigits !== '') {
    matching = matching.where('chat', 'like', `%${request.phoneDigits}%`);
  }
  const [total, rows] = await Promise.all([
    matching
      .select((columns) => columns.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    matching
      .select(KEPT_MESSAGE_COLUMNS)
      .select('due_at as dueAt')
      .orderBy('due_at')
      .orderBy('id')
      .limit(request.rowsPerPage)
      .offset((request.page - 1) * request.rowsPerPage)
      .execute(),
  ]);
  return { count: total.count, rows };
}
