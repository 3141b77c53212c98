import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { writeToPerson } from '../phones/write-message.ts';
import { Refusal } from '../refusal.ts';
import { accountOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object(
  {
    to: Type.Optional(Type.String()),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    addressingMode: Type.Optional(Type.Union([Type.Literal('pn'), Type.Literal('lid')])),
  },
  { additionalProperties: false },
);

/** `POST /simulator/phones/:phone/messages`: this phone writes to someone. */
export const writeMessage: Endpoint = (server, { world }) => {
  server.post<{ Params: PhonePath; Body: Static<typeof Body> }>(
    '/simulator/phones/:phone/messages',
    { schema: { params: PhonePath, body: Body } },
    async (request, reply) => {
      const writer = accountOf(world, request.params.phone);
      const { to, text, addressingMode: addressing } = request.body;
      if (to === undefined || text === undefined) {
        throw new Refusal('invalid', 'incomplete', 'A message needs "to" and "text".');
      }
      const draft = { message: { conversation: text }, addressing };
      const id = await writeToPerson(world, writer, accountOf(world, to), draft);
      return reply.code(201).send({ id });
    },
  );
};
