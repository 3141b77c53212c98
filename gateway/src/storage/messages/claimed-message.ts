import type { GroupId } from '../../domain/group-id.ts';
import type { MessageId, ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { DueMessage } from '../../domain/message.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import { CONTENT_COLUMNS, contentOf, JOIN_MEDIA, type ContentRow } from './content-columns.ts';

/** Ends a statement whose CTE `claimed` returns the rows it took; their order is added to it. */
export const CLAIMED_WITH_MEDIA = `
  SELECT m.id, m.whatsapp_id, m.chat, m.is_group, m.attempts, m.crashes,
         (extract(epoch FROM now() - m.doubt_since) * 1000)::float8 AS in_doubt_ms,
         ${CONTENT_COLUMNS}
  FROM claimed m ${JOIN_MEDIA}`;

/** A row of CLAIMED_WITH_MEDIA. */
export interface ClaimedRow extends ContentRow {
  id: MessageId;
  whatsapp_id: WhatsAppId;
  chat: string;
  is_group: boolean;
  attempts: number;
  crashes: number;
  in_doubt_ms: number;
}

export function claimedMessageOf(serviceId: ServiceId, row: ClaimedRow): DueMessage {
  return {
    serviceId,
    id: row.id,
    whatsAppId: row.whatsapp_id,
    recipient: row.is_group
      ? { kind: 'group', groupId: row.chat as GroupId }
      : { kind: 'person', phone: row.chat as PhoneNumber },
    content: contentOf(row),
    attempts: row.attempts,
  };
}
