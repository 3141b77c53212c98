import { sql } from 'kysely';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import type { Page, PageRequest } from '../messages/list-messages.ts';

/** A received message as the service's owner may see it. */
export interface ReceivedRow {
  readonly id: MessageId;
  readonly type: string;
  readonly fromPhone: string | null;
  readonly fromLid: string | null;
  readonly toPhone: string;
  readonly groupId: string;
  readonly text: string;
  readonly sentAt: Date;
  /** What its file is called, and of which type it is; null for messages without. */
  readonly fileName: string | null;
  readonly mimetype: string | null;
}

/**
 * A service's received messages, newest first. Counting and filtering read the key's index alone, as
 * for sent messages.
 */
export async function listReceived(
  database: Database,
  serviceId: ServiceId,
  request: PageRequest,
): Promise<Page<ReceivedRow>> {
  let matching = database.query
    .selectFrom('received_messages')
    .where('received_messages.service_id', '=', serviceId);
  if (request.phoneDigits !== '') {
    matching = matching.where('from_phone', 'like', `%${request.phoneDigits}%`);
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
      .selectFrom('received_messages')
      .leftJoin('received_media', (join) =>
        join
          .onRef('received_media.service_id', '=', 'received_messages.service_id')
          .onRef('received_media.message_id', '=', 'received_messages.id'),
      )
      .select([
        'id',
        'type',
        'from_phone as fromPhone',
        'from_lid as fromLid',
        'to_phone as toPhone',
        'group_id as groupId',
        'text',
        'sent_at as sentAt',
        'file_name as fileName',
        'mimetype',
      ])
      .where('received_messages.service_id', '=', serviceId)
      .where('received_messages.id', '=', sql<MessageId>`ANY (ARRAY(${page}))`)
      .orderBy('id', 'desc')
      .execute(),
  ]);
  return { count: total.count, rows };
}
