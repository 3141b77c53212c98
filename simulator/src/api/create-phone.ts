import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { accountOf } from './context.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object(
  { phone: Type.String(), name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) },
  { additionalProperties: false },
);

/** `POST /simulator/phones`: a phone someone holds. Doing it again changes the name. */
export const createPhone: Endpoint = (server, { world }) => {
  server.post<{ Body: Static<typeof Body> }>(
    '/simulator/phones',
    { schema: { body: Body } },
    (request, reply) => {
      const account = accountOf(world, request.body.phone);
      const { name } = request.body;
      const named = name === undefined ? account : world.accounts.rename(account, name);
      return reply.code(201).send(named);
    },
  );
};
