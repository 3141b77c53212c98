import { Type } from '@sinclair/typebox';
import type { References } from '../reference.ts';
import { page } from './parameters.ts';

const URL_EXAMPLE = 'https://example.com/webhook';
const NEEDED = ['invalid_api_key', 'service_suspended', 'not_in_plan'] as const;
const ID = Type.Optional(Type.String({ description: 'Of one event.', examples: ['evt_542655'] }));

/** Where a service's events go. */
export const WEBHOOKS: References = {
  '/webhook/set/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/set',
    summary: 'Sets where incoming messages and delivery states are posted to.',
    text:
      'Every event is posted as JSON until the address answers with any 2xx: at once, after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours, then daily, for 7 days. The states of one message come one after the other, and so do the messages of one chat. Answer within 10 seconds; redirects are not followed. Each attempt carries the same `webhook-id`, so that you can tell what you have, and is signed as Standard Webhooks are: `webhook-timestamp`, `webhook-signature`, with the secret of `webhook/secret`.\n\n' +
      'Incoming: `{"ID":"169732","Type":"chat","Hash":"APIKEY","From":"15303776311","To":"15303776310","GroupId":"","Chat":"text"}`, with `mediaUrl` and `caption` besides for a file. Delivery: `{"ID":"542655","Delivery":3}`; 1 server, 2 phone, 3 read. With `format=versioned` every event comes in one envelope instead: `id`, `type`, `version`, `createdAt`, `service`, `data`.',
    oddities: [
      '`Hash` is the key of the service. It is sent to https addresses, and by test services to this machine, and is empty elsewhere; `sendKey=off` leaves it empty everywhere.',
      'GET changes, too.',
    ],
    access: 'apiKey',
    parameters: Type.Object({
      url: Type.String({
        description: 'A public http or https address; better https.',
        examples: [URL_EXAMPLE],
      }),
      format: Type.Optional(
        Type.String({
          description:
            '`documented` (the default): incoming messages and delivery states, as above. `versioned`: all events.',
          enum: ['documented', 'versioned'],
        }),
      ),
      sendKey: Type.Optional(
        Type.String({ description: 'Whether `Hash` is sent.', enum: ['on', 'off'] }),
      ),
    }),
    errors: [
      ...NEEDED,
      'missing_parameter',
      'invalid_parameter',
      'link_not_allowed',
      'refused_by_policy',
    ],
    example: {
      method: 'GET',
      parameters: { url: URL_EXAMPLE },
      answer: {
        status: 'true',
        url: URL_EXAMPLE,
        apiKey: 'APIKEY',
        message: 'Webhook has been set successfully',
      },
    },
  },
  '/webhook/remove/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/remove',
    summary: 'Removes the webhook; what still waits for it is dropped.',
    oddities: ['The answer is 201.', 'GET changes, too.'],
    access: 'apiKey',
    errors: ['invalid_api_key', 'service_suspended', 'refused_by_policy'],
    example: {
      method: 'GET',
      answer: { set: 'true', url: 'Empty', message: 'Webhook successfully removed' },
    },
  },
  '/webhook/pending/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/pending',
    summary: 'How many events the webhook has not taken yet.',
    access: 'apiKey',
    errors: NEEDED,
    example: {
      method: 'GET',
      answer: {
        status: 'true',
        pendingCount: 0,
        apiKey: 'APIKEY',
        message: 'NO pending message',
        url: URL_EXAMPLE,
      },
    },
  },
  '/webhook/resend/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/resend',
    summary: 'Tries all that was not delivered again, now.',
    text: 'What was delivered is not sent again. Opens a webhook, too, that was disabled. At most once in 10 seconds.',
    oddities: ['GET acts, too.'],
    access: 'apiKey',
    errors: [...NEEDED, 'wrong_state', 'too_many_requests', 'refused_by_policy'],
    example: {
      method: 'GET',
      answer: {
        pending: 4,
        apiKey: 'APIKEY',
        message: `Resend 4 messages to ${URL_EXAMPLE}`,
        url: URL_EXAMPLE,
      },
    },
  },
  '/webhook/deliveries/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/deliveries',
    summary: 'What became of the events of the last 30 days, newest first, with every attempt.',
    access: 'apiKey',
    parameters: Type.Object({
      page,
      state: Type.Optional(Type.String({ enum: ['pending', 'delivered', 'exhausted', 'dropped'] })),
      id: ID,
    }),
    errors: [...NEEDED, 'invalid_parameter'],
    example: {
      method: 'GET',
      parameters: { state: 'pending' },
      answer: {
        status: 'true',
        webhook: {
          url: URL_EXAMPLE,
          format: 'documented',
          state: 'flowing',
          failingSince: null,
          nextProbe: null,
          disabledBecause: null,
        },
        count: 1,
        pageCount: 1,
        page: 'page 1 from 1',
        data: [
          {
            id: 'evt_542655',
            type: 'message.status',
            created: '2024/05/01 13:43:53',
            state: 'pending',
            nextAttempt: '2024/05/01 13:43:58',
            attempts: [
              {
                attempt: 1,
                date: '2024/05/01 13:43:53',
                url: URL_EXAMPLE,
                httpStatus: 500,
                failure: 'status',
                latencyMs: 84,
                answer: 'Internal Server Error',
              },
            ],
          },
        ],
      },
    },
  },
  '/webhook/replay/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/replay',
    summary: 'Sends events once more, delivered or not, under their old `webhook-id`.',
    access: 'apiKey',
    parameters: Type.Object({
      id: ID,
      from: Type.Optional(
        Type.Integer({ description: 'Instead: all events from this Unix time in seconds on.' }),
      ),
      to: Type.Optional(Type.Integer({ description: 'Until when; until now unless given.' })),
    }),
    errors: [
      ...NEEDED,
      'missing_parameter',
      'invalid_parameter',
      'wrong_state',
      'refused_by_policy',
    ],
    example: {
      method: 'GET',
      parameters: { id: 'evt_542655' },
      answer: {
        status: 'true',
        replayed: 1,
        message: `Replay 1 events to ${URL_EXAMPLE}`,
        url: URL_EXAMPLE,
      },
    },
  },
  '/webhook/test/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/test',
    summary: 'Posts an event that says it is a test, once, and tells how that went.',
    access: 'apiKey',
    errors: [...NEEDED, 'wrong_state', 'refused_by_policy'],
    example: {
      method: 'GET',
      answer: {
        status: 'true',
        delivered: true,
        id: 'evt_542656',
        url: URL_EXAMPLE,
        httpStatus: 200,
        failure: null,
        latencyMs: 84,
        answer: 'ok',
      },
    },
  },
  '/webhook/secret/:apiKey': {
    section: 'Webhooks',
    title: 'webhook/secret',
    summary: 'Shows the secret that deliveries are signed with; a new one with `rotate`.',
    text: 'After a change the old secret signs, too, for 24 hours.',
    access: 'apiKey',
    parameters: Type.Object({
      rotate: Type.Optional(
        Type.String({ description: 'Makes a new secret.', enum: ['true', 'false'] }),
      ),
    }),
    errors: [...NEEDED, 'invalid_parameter', 'wrong_state', 'refused_by_policy'],
    example: {
      method: 'GET',
      parameters: { rotate: 'true' },
      answer: {
        status: 'true',
        secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        oldSecretUntil: '2024/05/02 13:43:53',
      },
    },
  },
};
