import { Type } from '@sinclair/typebox';
import { PACING_SETTINGS, SAFE_PACING } from '../../../domain/pacing.ts';
import type { Reference, References } from '../reference.ts';

/** What each setting of pacing means. */
const MEANINGS: Readonly<Record<keyof typeof SAFE_PACING, string>> = {
  gapSecondsMin: 'The shortest rest between two messages.',
  gapSecondsMax: 'The longest.',
  chatGapSeconds: 'One chat gets a message in this time on average, ...',
  chatBurst: '... and at most so many at once.',
  newChatsPerHour: 'People the account never wrote to, an hour.',
  newChatsPerDay: 'The same in 24 hours.',
  warmUpNewChatsPerDay: 'With so many a day a new account begins, ...',
  warmUpDays: '... and reaches `newChatsPerDay` after so many days.',
  replyHours: 'Who wrote within this time gets an answer, whatever the counts.',
  sameTextChats: 'When more than so many new chats in an hour ...',
  sameTextShare: '... got, to this share, the same text, ...',
  sameTextSlowdown: '... rests before new chats are so many times longer.',
  restrictionHours:
    'No new chats for so long after WhatsApp refused one, unless it said until when.',
  tooFastSeconds:
    'Nothing goes for so long after WhatsApp called the account too fast; then twice that.',
};

const ANSWER = {
  success: 'true',
  paced: true,
  waiting: 2,
  held: 120,
  holdsBack: {
    reason: 'gap',
    info: 'The account rests between two messages.',
    until: '2026-01-02T03:04:05.678Z',
  },
  newChats: {
    lastHour: 15,
    hourMax: 15,
    lastDay: 18,
    dayMax: 22,
    whatsAppAllows: null,
    holdsBack: {
      reason: 'new_chats_per_hour',
      info: 'The hour has had its new chats; chats that exist go on.',
      until: '2026-01-02T03:40:11.012Z',
    },
  },
  slowdown: 1,
  settings: SAFE_PACING,
};

const CHANGE: Reference = {
  section: 'Operator',
  title: 'admin/services/…/pacing change',
  summary: 'Asks for a pacing for this service alone, by PUT or POST.',
  text: '`pacing` is `safe`, `off`, or `default` for what `TICKWIRE_PACING` says. Settings that are given are changed from the safe ones; all that were given before are forgotten. A test service that should be paced asks for it here.',
  access: 'adminToken',
  parameters: Type.Object({
    pacing: Type.Optional(Type.String({ enum: ['safe', 'off', 'default'] })),
    ...Object.fromEntries(
      PACING_SETTINGS.map((name) => [
        name,
        Type.Optional(
          Type.Number({ description: `${MEANINGS[name]} Safe: ${SAFE_PACING[name]}.` }),
        ),
      ]),
    ),
  }),
  errors: ['invalid_admin_token', 'service_not_found', 'missing_parameter', 'invalid_parameter'],
  example: { method: 'POST', parameters: { newChatsPerDay: '30' }, answer: ANSWER },
};

/** How fast accounts send. */
export const PACING: References = {
  '/pacing/:apiKey': {
    section: 'Reading',
    title: 'pacing',
    summary: 'How fast the account may send, and what holds its messages back.',
    text: 'Pacing lowers the risk that WhatsApp restricts the number; it does not remove it. `holdsBack` tells why the next message waits, `newChats.holdsBack` why nobody new is written to; chats that exist go on meanwhile, and who wrote lately is answered. What waits for a new chat is counted as `held`, and expires as any message.',
    access: 'apiKey',
    errors: ['invalid_api_key', 'service_suspended'],
    example: { method: 'GET', answer: ANSWER },
  },
  'GET /admin/services/:apiKey/pacing': {
    section: 'Operator',
    title: 'admin/services/…/pacing',
    summary: 'The same as `pacing`, for the operator.',
    access: 'adminToken',
    errors: ['invalid_admin_token', 'service_not_found'],
    example: { method: 'GET', answer: ANSWER },
  },
  'POST /admin/services/:apiKey/pacing': CHANGE,
  'PUT /admin/services/:apiKey/pacing': CHANGE,
};
