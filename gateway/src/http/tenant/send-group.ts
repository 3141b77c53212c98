import type { FastifyInstance } from 'fastify';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { TAKES_FILES } from '../parameters/long-body.ts';
import type { KeyInPath } from './key-in-path.ts';
import { groupsIn, queuedAnswer, queueMessages } from './queue-messages.ts';
import { withSentContent } from './sent-content.ts';

/** `sendGroup`: as `sendMsg`, for one or several groups of the account. */
export function addSendGroup(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendGroup/:apiKey',
    ...TAKES_FILES,
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('groupId') } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      return await withSentContent(request, edge, service, (parameters, content) =>
        queueMessages(edge, service, parameters, groupsIn(parameters), content),
      );
    },
  });
}
