import { Type, type TSchema } from '@sinclair/typebox';

/** A parameter that takes one value or several. */
const several = (value: TSchema, description: string) =>
  Type.Union([value, Type.Array(value, { minItems: 1, maxItems: 1000 })], { description });

/** Parameters that more than one address takes. */
export const phoneNumbers = several(
  Type.String({ examples: ['447400733413'] }),
  'The number with its country code, as people write it: `+`, `00`, spaces, dashes, brackets and non-Latin digits are understood, and a leading `0` becomes the service’s country code. Several: repeat it, write `phonenumber[]`, or give a JSON list; at most 1,000.',
);

export const groupIds = several(
  Type.String({ examples: ['120363292564959780'] }),
  'The group’s id, from `getGroupList`. Several: repeat it, write `groupId[]`, or give a JSON list. In JSON write it as text: it is larger than JSON numbers can hold.',
);

export const phoneNumber = Type.String({
  description: 'The number with its country code, as people write it.',
  examples: ['15303776310'],
});

/** A file besides, or instead of, the text; the first of the three that is not empty counts. */
export const mediaParameters = {
  file: Type.Optional(
    Type.String({
      description:
        'A file to send, up to 100 MB, as a file part of `multipart/form-data`. What kind it is (image, video, audio, voice note, sticker, document) is told from its content.',
      contentMediaType: 'application/octet-stream',
    }),
  ),
  base64_file: Type.Optional(
    Type.String({
      description: 'Instead: the file in Base64, with or without a `data:` prefix.',
      contentEncoding: 'base64',
    }),
  ),
  link: Type.Optional(
    Type.String({
      description:
        'Instead: the public http or https address of the file. It is fetched after the answer; when that fails the message fails with the reason. `url` is an older name.',
      examples: ['https://example.com/image.jpg'],
    }),
  ),
};

export const textOrCaption = Type.Optional(
  Type.String({
    description:
      'The text, up to 65,536 bytes; of a file its caption. One of the two must be there.',
    examples: ['This is a test message'],
  }),
);

export const schedule = Type.Optional(
  Type.String({
    description:
      'When to send it: a Unix time in UTC, in seconds, or in milliseconds when it has 13 digits. A time in the past means now; at most a year ahead.',
    examples: ['1724160037'],
  }),
);

/** When a message is not to be sent any more. */
export const expiry = {
  expiresAt: Type.Optional(
    Type.String({
      description:
        'Not sent after this time: a Unix time as in `schedule`, after now and after the schedule, at most 30 days after either. A message that is over by then ends as `Failed` and `expired`.',
      examples: ['1724163637'],
    }),
  ),
  validity: Type.Optional(
    Type.Integer({
      description:
        'Instead of `expiresAt`: for how many seconds the message may be sent, counted from its schedule, or from now without one.',
      minimum: 60,
      maximum: 2_592_000,
    }),
  ),
};

/** How messages are sent, besides what the documented API knows. */
export const sendOptions = {
  schedule,
  ...expiry,
  urgent: Type.Optional(
    Type.String({
      description:
        '`on` or `true` lets the message pass those of this service that are not urgent.',
      examples: ['on'],
    }),
  ),
  metadata: Type.Optional(
    Type.String({
      description:
        'Your own reference, up to 1,024 bytes; `messages` shows it again. Nobody else sees it.',
      examples: ['order 4711'],
    }),
  ),
  idempotencyKey: Type.Optional(
    Type.String({
      description:
        'Your own name for this call, also as the header `Idempotency-Key`: repeated within 7 days, by GET or POST in any form, it sends nothing again and gets the first answer again, with the header `Idempotent-Replayed: true`. With other content it is refused. A call that was refused is not remembered.',
      maxLength: 255,
    }),
  ),
};

export const page = Type.Optional(
  Type.Integer({ description: 'From 1, which is the default. A page has 100 rows.', minimum: 1 }),
);

export const partOfNumber = Type.Optional(
  Type.String({ description: 'All or part of a number.', examples: ['1555'] }),
);

export const agentKey = Type.String({ description: 'The agent’s key.' });

export const apiKeyParameter = Type.String({ description: 'The key of the service.' });

export const idempotencyKey = Type.Optional(
  Type.String({
    description:
      'Your own name for this call, also as the header `Idempotency-Key`: the same name never charges twice.',
    maxLength: 255,
  }),
);

/** Which part of a statement, and in which form. */
export const statementParameters = {
  from: Type.Optional(
    Type.String({ description: 'The first day, in UTC, or a time.', examples: ['2026-01-01'] }),
  ),
  until: Type.Optional(
    Type.String({ description: 'The last day, in UTC, or a time.', examples: ['2026-01-31'] }),
  ),
  after: Type.Optional(Type.Integer({ description: 'The `next` of the page before.' })),
  format: Type.Optional(
    Type.Union([Type.Literal('json'), Type.Literal('csv')], { description: '`json` by default.' }),
  ),
};

/** The example of one. */
export const STATEMENT = {
  currency: 'EUR',
  entries: [
    {
      position: 2,
      transactionId: 17,
      at: '2026-01-02T03:04:05.678Z',
      kind: 'create',
      service: 'k3v9x2a',
      months: 1,
      note: '',
      reverses: null,
      amount: '-5.00',
      balance: '95.00',
    },
  ],
  next: null,
};

export const overlapHours = Type.Optional(
  Type.Integer({ description: 'How long the old key works yet.', minimum: 0, maximum: 720 }),
);

export const mode = Type.Optional(
  Type.Union([Type.Literal('test'), Type.Literal('live')], {
    description: '`test` talks to the simulator only, `live` (the default) to WhatsApp.',
  }),
);
