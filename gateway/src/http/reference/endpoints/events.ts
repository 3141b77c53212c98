import { Type } from '@sinclair/typebox';
import type { References } from '../reference.ts';

const NEEDED = ['invalid_api_key', 'service_suspended', 'not_in_plan'] as const;
const AFTER = Type.Optional(
  Type.String({
    description: 'The event after which to go on; what was acknowledged last unless given.',
    examples: ['evt_542655'],
  }),
);
const EVENT = {
  id: 'evt_542656',
  type: 'message.status',
  version: 1,
  createdAt: '2024-05-01T13:43:53.120Z',
  service: 'k3v9x2a',
  data: {
    messageId: '542655',
    whatsappId: '3EB0A1C4D5E6F7089A1B2C',
    to: '15303776311',
    isGroup: false,
    status: 'read',
    at: '2024-05-01T13:43:53.000Z',
    metadata: 'order 10482',
  },
};

/** A service's events, for those who ask. */
export const EVENTS: References = {
  '/events/open/:apiKey': {
    section: 'Events',
    title: 'events/open',
    summary: 'Keeps events from now on for `events/pull` and `events/stream`.',
    text: 'Beside a webhook or instead of one. Events are kept for 30 days.',
    oddities: ['GET changes, too.'],
    access: 'apiKey',
    errors: [...NEEDED, 'refused_by_policy'],
    example: {
      method: 'GET',
      answer: { status: 'true', message: 'Events are kept from now on' },
    },
  },
  '/events/pull/:apiKey': {
    section: 'Events',
    title: 'events/pull',
    summary: 'The events that follow one, oldest first.',
    text: 'In the versioned format of webhooks. Hand the answer’s `cursor` in as `after` next time, or call `events/ack` with it and leave `after` away. No event is skipped, however late it is written; after a broken connection ask again with the same `after`.',
    access: 'apiKey',
    parameters: Type.Object({
      after: AFTER,
      limit: Type.Optional(Type.Integer({ description: 'At most so many; 100, up to 500.' })),
      wait: Type.Optional(
        Type.Integer({
          description: 'When there is nothing, wait so many seconds for something; 0, up to 25.',
        }),
      ),
    }),
    errors: [...NEEDED, 'invalid_parameter', 'wrong_state'],
    example: {
      method: 'GET',
      parameters: { after: 'evt_542655', wait: '20' },
      answer: { status: 'true', events: [EVENT], cursor: 'evt_542656', hasMore: false },
    },
  },
  '/events/ack/:apiKey': {
    section: 'Events',
    title: 'events/ack',
    summary: 'Says that everything up to this event has arrived.',
    text: 'Reading without `after` goes on from there. It never goes back.',
    oddities: ['GET changes, too.'],
    access: 'apiKey',
    parameters: Type.Object({ id: Type.String({ examples: ['evt_542656'] }) }),
    errors: [
      ...NEEDED,
      'missing_parameter',
      'invalid_parameter',
      'wrong_state',
      'refused_by_policy',
    ],
    example: {
      method: 'GET',
      parameters: { id: 'evt_542656' },
      answer: { status: 'true', acknowledged: 'evt_542656' },
    },
  },
  '/events/stream/:apiKey': {
    section: 'Events',
    title: 'events/stream',
    summary: 'Events as they come, as Server-Sent Events.',
    text: 'For `EventSource` and its like: `id` is the event, `event` its type, `data` what `events/pull` gives. Goes on after the `Last-Event-ID` that a listener sends when it comes back. A comment comes every 15 seconds. At most 4 listeners a service.',
    access: 'apiKey',
    parameters: Type.Object({ after: AFTER }),
    errors: [...NEEDED, 'invalid_parameter', 'wrong_state', 'too_many_requests', 'not_ready'],
    example: {
      method: 'GET',
      answerType: 'text/event-stream',
      answer: `id: evt_542656\nevent: message.status\ndata: ${JSON.stringify(EVENT)}\n\n`,
    },
  },
  '/events/close/:apiKey': {
    section: 'Events',
    title: 'events/close',
    summary: 'Ends what `events/open` began.',
    oddities: ['GET changes, too.'],
    access: 'apiKey',
    errors: ['invalid_api_key', 'service_suspended', 'refused_by_policy'],
    example: {
      method: 'GET',
      answer: { status: 'true', message: 'Events are no longer kept for asking' },
    },
  },
};
