import type { ServiceId } from '../../domain/ids.ts';
import type { MessageState } from '../../domain/message-state.ts';
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
 * A service's messages, newest first.
 * @param states only messages in these states; null for all
 */
export async function listMessages(
  database: Database,
  serviceId: ServiceId,
  request: PageRequest,
  states: readonly MessageState[] | null = null,
): Promise<Page<KeptMessage>> {
  let matching = database.query.selectFrom('messages').where('service_id', '=', serviceId);
  if (states !== null) matching = matching.where('state', 'in', states);
  if (request.phoneDigits !== '') {
    matching = matching.where('chat', 'like', `%${request.phoneDigits}%`);
  }
  const [total, rows] = await Promise.all([
    matching
      .select((columns) => columns.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
    matching
      .select(KEPT_MESSAGE_COLUMNS)
      .orderBy('id', 'desc')
      .limit(request.rowsPerPage)
      .offset((request.page - 1) * request.rowsPerPage)
      .execute(),
  ]);
  return { count: total.count, rows };
}
