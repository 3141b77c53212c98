import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import type { proto } from 'baileys';

import { draftMedia } from '../phones/draft-media.ts';
import { writeToGroup } from '../phones/write-to-group.ts';
import { writeToPerson } from '../phones/write-message.ts';
import { Refusal } from '../refusal.ts';
import { accountOf, groupOf } from './context.ts';
import { PhonePath } from './phone-path.ts';
import type { Account } from '../accounts/accounts.ts';
import type { Group } from '../groups/groups.ts';
import type { World } from '../world/world.ts';
import type { Endpoint } from './context.ts';

const Body = Type.Object(
  {
    to: Type.Optional(Type.String()),
    groupId: Type.Optional(Type.String()),
    media: Type.Optional(
      Type.Object(
        {
          base64: Type.String(),
          mimetype: Type.String({ pattern: '^[\\w.+-]+/[\\w.+-]+' }),
          fileName: Type.Optional(Type.String({ maxLength: 255 })),
        },
        { additionalProperties: false },
      ),
    ),
    text: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    hidesOtherName: Type.Optional(Type.Boolean()),
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
      const { to, groupId, addressingMode: addressing, hidesOtherName } = request.body;
      if ((to === undefined) === (groupId === undefined)) {
        throw new Refusal('invalid', 'incomplete', 'A message needs either "to" or "groupId".');
      }
      const message = await draftOf(world, request.body);
      const id =
        groupId === undefined
          ? await writeToPerson(world, writer, accountOf(world, to ?? ''), {
              message,
              addressing,
              hidesOtherName,
            })
          : await writeToGroup(world, writer, memberGroup(world, writer, groupId), message);
      return reply.code(201).send({ id });
    },
  );
};

/** With a file, the text is its caption. */
function draftOf(world: World, { text, media }: Static<typeof Body>): Promise<proto.IMessage> {
  if (media) {
    const { base64, mimetype, fileName } = media;
    const bytes = Buffer.from(base64, 'base64');
    return draftMedia(world, { bytes, mimetype, fileName, caption: text });
  }
  if (text === undefined) {
    throw new Refusal('invalid', 'incomplete', 'A message needs "text" or "media".');
  }
  return Promise.resolve({ conversation: text });
}

function memberGroup(world: World, writer: Account, groupId: string): Group {
  const group = groupOf(world, groupId);
  if (!world.groups.members(group).some(({ phone }) => phone === writer.phone)) {
    throw new Refusal('conflict', 'not_a_member', `${writer.phone} is not in this group.`);
  }
  return group;
}
