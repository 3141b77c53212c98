import { Type, type Static } from '@sinclair/typebox';
import { sentenceOfFailure } from '../../domain/failure-reason.ts';
import { MESSAGE_STATES, wordState } from '../../domain/message-state.ts';
import type { MessageDetails } from '../../storage/messages/find-message-details.ts';
import { statusDate } from './dates.ts';

const date = (description: string) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: ['2024-04-30 11:54:51'] });
const unixTime = (description: string) =>
  Type.Union([Type.Integer(), Type.Null()], { description });

/** All about one message, to its owner. */
export const MessageStanding = Type.Object({
  success: Type.Literal('true'),
  id: Type.String(),
  state: Type.String({ enum: [...MESSAGE_STATES] }),
  status: Type.Union([Type.String(), Type.Null()]),
  statusInfo: Type.Union([Type.String(), Type.Null()]),
  delivery: Type.String({ enum: ['', 'server', 'phone', 'read'] }),
  phonenumber: Type.String({ description: 'Empty for a group.' }),
  groupId: Type.String({ description: 'Empty for a number.' }),
  message: Type.String(),
  url: Type.String({ description: 'The link of the media, empty for text.' }),
  created: Type.String({ examples: ['2024-04-30 11:48:35'] }),
  execute: date('When it was handed to WhatsApp first.'),
  server: date('When WhatsApp took it.'),
  phone: date('When it reached a phone.'),
  read: date('When it was read.'),
  attempts: Type.Integer({ description: 'How often it was handed over.' }),
  failure: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed: a code.' }),
  failureInfo: Type.Union([Type.String(), Type.Null()], { description: 'The same as a sentence.' }),
  schedule: unixTime('The time that was asked for, in seconds since 1970.'),
  expiresAt: unixTime('Not sent after it, in seconds since 1970.'),
  urgent: Type.Boolean(),
  metadata: Type.Union([Type.String(), Type.Null()], { description: 'Your own reference.' }),
});

/** A kept message with everything about it. */
export function messageStanding(message: MessageDetails): Static<typeof MessageStanding> {
  const { status, statusInfo, delivery } = wordState(message);
  const failure = message.state === 'expired' ? 'expired' : message.failure;
  return {
    success: 'true',
    id: String(message.id),
    state: message.state,
    status,
    statusInfo,
    delivery,
    phonenumber: message.isGroup ? '' : message.chat,
    groupId: message.isGroup ? message.chat : '',
    message: message.text,
    url: message.link,
    created: statusDate(message.acceptedAt),
    execute: dateOf(message.executedAt),
    server: dateOf(message.serverAt),
    phone: dateOf(message.phoneAt),
    read: dateOf(message.readAt),
    attempts: message.attempts,
    failure,
    failureInfo: failure === null ? null : sentenceOfFailure(failure),
    schedule: message.hasSchedule ? unixSeconds(message.dueAt) : null,
    expiresAt: message.expiresAt === null ? null : unixSeconds(message.expiresAt),
    urgent: message.isUrgent,
    metadata: message.metadata,
  };
}

/** As the parameter `schedule` takes it. */
export function unixSeconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}

function dateOf(at: Date | null): string | null {
  return at === null ? null : statusDate(at);
}
