import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

import { changeMembers } from '../groups/change-group.ts';
import { accountOf, groupOf } from './context.ts';
import type { Endpoint } from './context.ts';

const Path = Type.Object({ groupId: Type.String() });
const Body = Type.Object(
  {
    add: Type.Optional(Type.Array(Type.String())),
    remove: Type.Optional(Type.Array(Type.String())),
  },
  { additionalProperties: false },
);

/** `POST /simulator/groups/:groupId/participants`: adds and removes members. */
export const changeParticipants: Endpoint = (server, { world }) => {
  server.post<{ Params: Static<typeof Path>; Body: Static<typeof Body> }>(
    '/simulator/groups/:groupId/participants',
    { schema: { params: Path, body: Body } },
    (request) => {
      const group = groupOf(world, request.params.groupId);
      const { add = [], remove = [] } = request.body;
      const accounts = (phones: string[]) => phones.map((phone) => accountOf(world, phone));
      changeMembers(world, group, accounts(add), accounts(remove));
      return { participants: world.groups.members(group) };
    },
  );
};
