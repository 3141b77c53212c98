import { Type, type Static } from '@sinclair/typebox';
import { wordState } from '../../domain/message-state.ts';
import type { KeptMessage } from '../../storage/messages/find-message.ts';
import { listDate } from './dates.ts';

/** What the documented API writes for a message that was not yet handed to WhatsApp. */
export const NOT_EXECUTED = '// ';

/** A sent message as lists show it. */
export const MessageRow = Type.Object({
  status: Type.Union([Type.String(), Type.Null()]),
  statusInfo: Type.Union([Type.String(), Type.Null()]),
  id: Type.String(),
  phonenumber: Type.String(),
  message: Type.String(),
  created: Type.String({ examples: ['2024/04/14 19:08:11'] }),
  url: Type.String({ description: 'The link of the media, empty for text.' }),
  execute: Type.String({ examples: [NOT_EXECUTED, '2024/04/14 19:08:12'] }),
  delivery: Type.String({ enum: ['', 'server', 'phone', 'read'] }),
});

/** A kept message as a row of a list. */
export function messageRow(message: KeptMessage): Static<typeof MessageRow> {
  const { status, statusInfo, delivery } = wordState(message);
  return {
    status,
    statusInfo,
    id: String(message.id),
    phonenumber: message.chat,
    message: message.text,
    created: listDate(message.acceptedAt),
    url: message.link,
    execute: message.executedAt === null ? NOT_EXECUTED : listDate(message.executedAt),
    delivery,
  };
}
