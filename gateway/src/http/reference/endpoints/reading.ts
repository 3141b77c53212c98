import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../../domain/errors.ts';
import type { References } from '../reference.ts';
import { page, partOfNumber, phoneNumber } from './parameters.ts';

const READ_ERRORS: readonly ErrorCode[] = ['invalid_api_key', 'service_suspended'];
const LIST_ERRORS: readonly ErrorCode[] = [...READ_ERRORS, 'invalid_parameter'];

const STATES = `\`status\` and \`statusInfo\` tell how a message stands: \`null\` and \`null\` when it was just accepted; \`In the send queue\` and \`Pending\`; \`Scheduled\` and \`Waiting for its time\`; \`OK\` and \`Message successfully sent\`; \`Canceled\` and \`Deleted from the queue\`; \`Failed\` and the reason, such as \`not_on_whatsapp\`, \`link_not_allowed\`, \`link_unreachable\`, \`media_too_large\`, \`media_type_not_allowed\` or \`unknown_outcome\`. \`delivery\` is empty, \`server\`, \`phone\` or \`read\`: the ticks.`;

const ODD_DATES =
  'Lists write dates as `2024/04/14 19:08:11`, `getStatus` as `2024-04-14 19:08:11`; all are UTC. `execute` is `"// "` until the message was handed to WhatsApp.';
const ODD_TEXT = 'The text is called `message` in lists and `text` in `getStatus`.';
const ODD_GROUPS = 'For a message to a group `phonenumber` holds the group’s id.';

/** What shows messages, and what concerns those that wait. */
export const READING: References = {
  '/getStatus/:apiKey': {
    section: 'Reading',
    title: 'getStatus',
    summary: 'How one message stands.',
    text: STATES,
    oddities: [ODD_DATES, ODD_TEXT, ODD_GROUPS, '`id` is a text here, a number when sending.'],
    access: 'apiKey',
    parameters: Type.Object({
      id: Type.Integer({ description: 'The `messageId` that sending answered.', minimum: 1 }),
    }),
    errors: [...LIST_ERRORS, 'missing_parameter', 'message_not_found'],
    example: {
      method: 'GET',
      parameters: { id: '23145' },
      answer: {
        status: 'OK',
        statusInfo: 'Message successfully sent',
        id: '23145',
        phonenumber: '15551234567',
        text: 'This is a test from WhatsiPlus',
        created: '2024-04-30 11:48:35',
        execute: '2024-04-30 11:54:51',
        delivery: 'read',
      },
    },
  },
  '/sentMessages/:apiKey': {
    section: 'Reading',
    title: 'sentMessages',
    summary: 'What the service was asked to send, newest first.',
    text: STATES,
    oddities: [ODD_DATES, ODD_TEXT, ODD_GROUPS],
    access: 'apiKey',
    parameters: Type.Object({ page, phonenumber: partOfNumber }),
    errors: LIST_ERRORS,
    example: {
      method: 'GET',
      parameters: { page: '1', phonenumber: '1555' },
      answer: {
        count: 1,
        pageCount: 1,
        page: 'page 1 from 1',
        data: [
          {
            status: 'In the send queue',
            statusInfo: 'Pending',
            id: '565',
            phonenumber: '15551234567',
            message: 'This is a test message',
            created: '2024/04/14 19:05:19',
            url: '',
            execute: '// ',
            delivery: '',
          },
        ],
      },
    },
  },
  '/receivedMessages/:apiKey': {
    section: 'Reading',
    title: 'receivedMessages',
    summary: 'What was sent to the service’s number, newest first.',
    text: 'Where WhatsApp hides a sender’s number, `from` is the hidden id. A file has `type` `file` and the fields `mediaUrl`, where it can be fetched for seven days, and `caption`.',
    oddities: [ODD_DATES],
    access: 'apiKey',
    parameters: Type.Object({ page, phonenumber: partOfNumber }),
    errors: LIST_ERRORS,
    example: {
      method: 'GET',
      parameters: { page: '1' },
      answer: {
        count: 1,
        pageCount: 1,
        page: 'page 1 from 1',
        data: [
          {
            id: '141',
            type: 'chat',
            from: '15551234567',
            to: '15551234568',
            date: '2024/05/01 13:43:53',
            message: 'This is a test message3 from WhatsiPlus',
          },
        ],
      },
    },
  },
  '/media/:token/:fileName': {
    section: 'Reading',
    title: 'media',
    summary: 'A received file, to whoever has its link from `receivedMessages`.',
    text: 'While the file is being fetched from WhatsApp the answer is 503 with `Retry-After`. Ranges are understood. What a browser could run is sent as a download.',
    access: 'nobody',
    errors: ['invalid_media_link', 'media_removed'],
    example: {
      method: 'GET',
      answer: 'the bytes of the file',
      answerType: 'application/octet-stream',
    },
  },
  '/pending/:apiKey': {
    section: 'Reading',
    title: 'pending',
    summary: 'What waits to be sent, scheduled messages included.',
    text: 'When messages wait they are listed as by `sentMessages`, with `status` in front.',
    oddities: ['Nothing waiting is answered by a sentence instead of an empty list.'],
    access: 'apiKey',
    parameters: Type.Object({ page, phonenumber: partOfNumber }),
    errors: LIST_ERRORS,
    example: { method: 'GET', answer: { status: 'true', message: 'No Pending Message' } },
  },
  '/deletePending/:apiKey': {
    section: 'Reading',
    title: 'deletePending',
    summary: 'Cancels what waits in the queue.',
    text: 'Scheduled messages stay, and so does what has been handed to WhatsApp.',
    oddities: ['GET deletes, too.'],
    access: 'apiKey',
    errors: [...READ_ERRORS, 'refused_by_policy'],
    example: {
      method: 'POST',
      answer: {
        success: 'true',
        deleted: 139,
        message: 'All eligible pending messages have been deleted successfully.',
      },
    },
  },
  '/getGroupList/:apiKey': {
    section: 'Reading',
    title: 'getGroupList',
    summary: 'The groups that the account is a member of.',
    oddities: [
      'The answer is a bare list, and its `Content-Type` is `application/json` without a charset.',
    ],
    access: 'apiKey',
    errors: [...READ_ERRORS, 'not_connected'],
    example: {
      method: 'GET',
      answer: [
        { groupId: '120363293575057977', groupName: 'Group Test 2' },
        { groupId: '120363292564959780', groupName: 'Group Test 1' },
      ],
    },
  },
  '/isRegistered/:apiKey': {
    section: 'Reading',
    title: 'isRegistered',
    summary: 'Whether a number is on WhatsApp.',
    text: 'Asked through the service’s account and remembered.',
    oddities: ['`success` and `result` are real booleans here, also in errors.'],
    access: 'apiKey',
    parameters: Type.Object({ phonenumber: phoneNumber }),
    errors: [...LIST_ERRORS, 'missing_parameter', 'invalid_phone_number', 'not_connected'],
    example: {
      method: 'GET',
      parameters: { phonenumber: '15303776310' },
      answer: { success: true, result: true },
    },
  },
};
