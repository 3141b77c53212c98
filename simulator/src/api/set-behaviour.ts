import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { phoneNumber } from './context.ts';
import type { Endpoint } from './context.ts';

const Delay = Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 86_400_000 })]);
const reactions = {
  ackDelayMs: Type.Optional(Delay),
  deliverAfterMs: Type.Optional(Delay),
  readAfterMs: Type.Optional(Delay),
  addressingMode: Type.Optional(Type.Union([Type.Literal('pn'), Type.Literal('lid')])),
};
const Body = Type.Object(
  {
    ...reactions,
    phones: Type.Optional(
      Type.Record(Type.String(), Type.Object(reactions, { additionalProperties: false })),
    ),
  },
  { additionalProperties: false },
);

/** `PUT /simulator/behaviour`: how the world reacts. What is left out is the default. */
export const setBehaviour: Endpoint = (server, { world }) => {
  server.put<{ Body: Static<typeof Body> }>(
    '/simulator/behaviour',
    { schema: { body: Body } },
    (request) => {
      const { phones = {}, ...rest } = request.body;
      const byNumber = Object.entries(phones).map(([phone, own]) => [phoneNumber(phone), own]);
      world.behaviour.replace({ ...rest, phones: Object.fromEntries(byNumber) });
      return world.behaviour.read();
    },
  );
};
