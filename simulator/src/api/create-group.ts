import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { createGroup } from '../groups/change-group.ts';
import { Refusal } from '../refusal.ts';
import { accountOf } from './context.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    participants: Type.Array(Type.String(), { minItems: 1, maxItems: 1024 }),
    addressingMode: Type.Optional(Type.Union([Type.Literal('pn'), Type.Literal('lid')])),
  },
  { additionalProperties: false },
);

/** `POST /simulator/groups`: a group; its first participant has made it. */
export const makeGroup: Endpoint = (server, { world }) => {
  server.post<{ Body: Static<typeof Body> }>(
    '/simulator/groups',
    { schema: { body: Body } },
    (request, reply) => {
      const { name, participants, addressingMode = 'pn' } = request.body;
      const [creator, ...others] = participants.map((phone) => accountOf(world, phone));
      if (!creator) throw new Refusal('invalid', 'incomplete', 'A group needs participants.');
      const group = createGroup(world, name, [creator, ...others], addressingMode);
      return reply.code(201).send({ groupId: group.id });
    },
  );
};
