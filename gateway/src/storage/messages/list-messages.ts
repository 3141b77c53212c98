import { sql } from 'kysely';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { KEPT_MESSAGE_COLUMNS, type KeptMessage } from './find-message.ts';

export interface PageRequest {
  /** From 1. */
  readonly page: number;
  readonly rowsPerPage: number;
  /** Digits the number must contain; empty for all. */
  readonly phoneDigits: string;
}

export interface Page<Row> {
  /** All rows that match, on all pages. */
  readonly count: number;
  readonly rows: Row[];
}

/**
 * What waits, said so that each part has an index that holds such messages alone.
 * @returns a condition for queries on `messages`
 */
const IS_WAITING = sql<boolean>`
  (state IN ('accepted', 'ready') OR state = 'sending' OR state = 'fetching' OR state = 'held')`;

/**
 * A service's messages, newest first. Counting and filtering read the key's index, which holds the
 * numbers, and then only the page's own rows.
 * @param isWaitingOnly only messages that WhatsApp has not answered for
 */
export async function listMessages(
  database: Database,
  serviceId: ServiceId,
  request: PageRequest,
  isWaitingOnly = false,
): Promise<Page<KeptMessage>> {
  let matching = database.query.selectFrom('messages').where('service_id', '=', serviceId);
  if (isWaitingOnly) matching = matching.where(IS_WAITING);
  if (request.phoneDigits !== '') {
    matching = matching.where('chat', 'like', `%${request.phoneDigits}%`);
  }
  const page = matching
    .select('id')
    .orderBy('id', 'desc')
    .limit(request.rowsPerPage)
    .offset((request.page - 1) * request.rowsPerPage);
  const [total, rows] = await Promise.all([
    matching
      .select((columns) => columns.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    database.query
      .selectFrom('messages')
      .select(KEPT_MESSAGE_COLUMNS)
      .where('service_id', '=', serviceId)
      .where('id', '=', sql<MessageId>`ANY (ARRAY(${page}))`)
      .orderBy('id', 'desc')
      .execute(),
  ]);
  return { count: total.count, rows };
}
