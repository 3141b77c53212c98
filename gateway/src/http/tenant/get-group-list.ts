import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import type { Edge } from '../edge.ts';
import type { KeyInPath } from './key-in-path.ts';

const GroupList = Type.Array(Type.Object({ groupId: Type.String(), groupName: Type.String() }));

/**
 * `getGroupList`: the groups the account is a member of. Two documented oddities: the answer is a
 * bare list, and its Content-Type names no charset.
 */
export function addGetGroupList(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/getGroupList/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: GroupList } },
    async handler(request, reply) {
      const service = await edge.services.findUsable(request.params.apiKey);
      const groups = await edge.sessions.listGroups(service.id);
      const answer: Static<typeof GroupList> = groups.map(({ groupId, name }) => ({
        groupId,
        groupName: name,
      }));
      // Bytes: to texts and objects Fastify adds the charset.
      return reply.type('application/json').send(Buffer.from(JSON.stringify(answer)));
    },
  });
}
