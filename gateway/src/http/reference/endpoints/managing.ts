import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { References } from '../reference.ts';
import { expiry, page, partOfNumber, schedule, sendOptions } from './parameters.ts';

const ERRORS_OF_ALL: readonly ErrorCode[] = [
  'invalid_api_key',
  'service_suspended',
  'message_not_found',
];

const STANDING = {
  success: 'true',
  id: '565',
  state: 'accepted',
  status: 'Scheduled',
  statusInfo: 'Waiting for its time',
  delivery: '',
  phonenumber: '15551234567',
  groupId: '',
  message: 'This is a test message',
  url: '',
  created: '2024-04-14 19:05:19',
  execute: null,
  server: null,
  phone: null,
  read: null,
  attempts: 0,
  failure: null,
  failureInfo: null,
  schedule: 1724160037,
  expiresAt: null,
  urgent: false,
  metadata: 'order 4711',
};

const GET_ACTS = 'GET acts, too, as everywhere in this API.';

/** What shows and changes single messages. */
export const MANAGING: References = {
  '/messages/:apiKey/:messageId': {
    section: 'Managing',
    title: 'messages',
    summary: 'Everything about one message.',
    text: 'Its state, the ticks with their times, how often it was handed over, why it failed as a code and a sentence, its schedule and expiry, and your own reference. Times are UTC; what has not happened is `null`.',
    access: 'apiKey',
    errors: ERRORS_OF_ALL,
    example: { method: 'GET', answer: STANDING },
  },
  '/messages/:apiKey/:messageId/cancel': {
    section: 'Managing',
    title: 'messagesCancel',
    summary: 'Cancels one message, scheduled or not.',
    text: 'What the sender has taken may be with WhatsApp already and is not cancelled: 409. To cancel a cancelled message again is no error.',
    oddities: [GET_ACTS],
    access: 'apiKey',
    errors: [...ERRORS_OF_ALL, 'refused_by_policy', 'message_not_waiting'],
    example: {
      method: 'POST',
      answer: {
        ...STANDING,
        state: 'cancelled',
        status: 'Canceled',
        statusInfo: 'Deleted from the queue',
      },
    },
  },
  '/messages/:apiKey/:messageId/resend': {
    section: 'Managing',
    title: 'messagesResend',
    summary: 'Sends a message that failed or expired once more.',
    text: 'It stays the same message with the same id, towards WhatsApp, too: a phone that has it already does not show it again. It goes at once; its old expiry is dropped, a new one may be given. Repeated under its idempotency key it answers how the message stands now; without one a repetition is refused, as the message waits.',
    oddities: [GET_ACTS],
    access: 'apiKey',
    parameters: Type.Object({ ...expiry, idempotencyKey: sendOptions.idempotencyKey }),
    errors: [
      ...ERRORS_OF_ALL,
      'refused_by_policy',
      'invalid_parameter',
      'invalid_expiry',
      'idempotency_conflict',
      'message_not_failed',
      'media_removed',
    ],
    example: {
      method: 'POST',
      parameters: { validity: '3600' },
      answer: {
        ...STANDING,
        state: 'ready',
        status: 'In the send queue',
        statusInfo: 'Pending',
        execute: '2024-04-14 19:05:20',
        schedule: null,
        expiresAt: 1724163637,
      },
    },
  },
  '/schedules/:apiKey': {
    section: 'Managing',
    title: 'schedules',
    summary: 'What waits with a time of its own, the next one first.',
    text: 'Listed as by `sentMessages`, with `schedule` in seconds since 1970. What is due and not yet sent, because the account is not connected, is among them.',
    access: 'apiKey',
    parameters: Type.Object({ page, phonenumber: partOfNumber }),
    errors: ['invalid_api_key', 'service_suspended', 'invalid_parameter'],
    example: {
      method: 'GET',
      answer: {
        count: 1,
        pageCount: 1,
        page: 'page 1 from 1',
        data: [
          {
            status: 'Scheduled',
            statusInfo: 'Waiting for its time',
            id: '565',
            phonenumber: '15551234567',
            message: 'This is a test message',
            created: '2024/04/14 19:05:19',
            url: '',
            execute: '// ',
            delivery: '',
            schedule: 1724160037,
          },
        ],
      },
    },
  },
  '/schedules/:apiKey/:messageId': {
    section: 'Managing',
    title: 'schedulesChange',
    summary: 'Shows a scheduled message, after changing what is given.',
    text: 'What is not given stays as it is. A schedule in the past means now. What the sender has taken, and what has no schedule, is not changed: 409. `messages/…/cancel` cancels a schedule.',
    oddities: [GET_ACTS],
    access: 'apiKey',
    parameters: Type.Object({
      schedule,
      message: Type.Optional(Type.String({ description: 'Another text.' })),
      ...expiry,
    }),
    errors: [
      ...ERRORS_OF_ALL,
      'refused_by_policy',
      'invalid_parameter',
      'invalid_schedule',
      'invalid_expiry',
      'message_too_long',
      'message_not_waiting',
    ],
    example: {
      method: 'POST',
      parameters: { schedule: '1724160037' },
      answer: STANDING,
    },
  },
};
