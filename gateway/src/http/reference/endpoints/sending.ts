import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { References } from '../reference.ts';
import {
  groupIds,
  mediaParameters,
  phoneNumbers,
  sendOptions,
  textOrCaption,
} from './parameters.ts';

const SEND_ERRORS: readonly ErrorCode[] = [
  'invalid_api_key',
  'service_suspended',
  'refused_by_policy',
  'missing_parameter',
  'invalid_parameter',
  'message_too_long',
  'invalid_schedule',
  'invalid_expiry',
  'metadata_too_long',
  'idempotency_conflict',
  'too_many_recipients',
];

const FILE_ERRORS: readonly ErrorCode[] = [
  'empty_message',
  'media_too_large',
  'link_not_allowed',
  'storage_full',
];

const SEVERAL =
  'Several recipients in one call are queued all or none: when one of them is refused, nothing is queued and the message names every bad one by its place.';

const ODD_MESSAGES =
  'Several recipients are answered as an object with the keys `"0"`, `"1"`, … before `success`, and with `messages` instead of `message`. A list of one is answered so, too. Recipients are repeated as they were written.';

const ODD_TRUE = '`success` is the text `"true"`, not a boolean; `messageId` is a number.';

const ANSWER = { success: 'true', message: 'Added to the message queue', messageId: 565 };

/** What puts messages into the queue. */
export const SENDING: References = {
  '/sendMsg/:apiKey': {
    section: 'Sending',
    title: 'sendMsg',
    summary: 'Sends a message to one or several numbers.',
    text: `The answer comes after the message is safely stored: from then on it survives a crash, and is sent once. ${SEVERAL}`,
    oddities: [ODD_MESSAGES, ODD_TRUE, 'GET sends, too.'],
    access: 'apiKey',
    parameters: Type.Object({
      phonenumber: phoneNumbers,
      message: textOrCaption,
      ...mediaParameters,
      ...sendOptions,
    }),
    errors: [...SEND_ERRORS, ...FILE_ERRORS, 'invalid_phone_number'],
    example: {
      method: 'POST',
      parameters: { phonenumber: '447400733413', message: 'This is a test message' },
      answer: ANSWER,
    },
  },
  '/sendGroup/:apiKey': {
    section: 'Sending',
    title: 'sendGroup',
    summary: 'Sends a message to one or several groups.',
    text: `The account must be a member of the group. ${SEVERAL}`,
    oddities: [ODD_MESSAGES, ODD_TRUE, 'GET sends, too.'],
    access: 'apiKey',
    parameters: Type.Object({
      groupId: groupIds,
      message: textOrCaption,
      ...mediaParameters,
      ...sendOptions,
    }),
    errors: [...SEND_ERRORS, ...FILE_ERRORS, 'invalid_group_id'],
    example: {
      method: 'POST',
      parameters: { groupId: '120363292564959780', message: 'This is a test message' },
      answer: { ...ANSWER, messageId: 637 },
    },
  },
  '/sendLocation/:apiKey': {
    section: 'Sending',
    title: 'sendLocation',
    summary: 'Sends a place on the map to one or several numbers.',
    text: SEVERAL,
    oddities: [ODD_MESSAGES, ODD_TRUE, 'GET sends, too.'],
    access: 'apiKey',
    parameters: Type.Object({
      phonenumber: phoneNumbers,
      message: Type.Optional(Type.String({ description: 'The name of the place.' })),
      lat: Type.String({ description: 'Degrees from -90 to 90.', examples: ['38.909346'] }),
      long: Type.String({ description: 'Degrees from -180 to 180.', examples: ['-77.030509'] }),
      ...sendOptions,
    }),
    errors: [...SEND_ERRORS, 'invalid_phone_number', 'media_not_supported'],
    example: {
      method: 'POST',
      parameters: {
        phonenumber: ['15303776310', '15303776311'],
        message: 'Location',
        lat: '38.909346',
        long: '-77.030509',
      },
      answer: {
        0: { phonenumber: '15303776310', messageId: 77876 },
        1: { phonenumber: '15303776311', messageId: 77877 },
        success: 'true',
        messages: 'Added to the message queue',
      },
    },
  },
};
