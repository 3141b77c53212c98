import type { FastifyInstance } from 'fastify';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { TAKES_FILES } from '../parameters/long-body.ts';
import type { KeyInPath } from './key-in-path.ts';
import { answerQueued, groupsIn, queuedAnswer, queueMessages } from './queue-messages.ts';
import { withSentContent } from './sent-content.ts';

/** `sendGroup`: as `sendMsg`, for one or several groups of the account. */
export function addSendGroup(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendGroup/:apiKey',
    ...TAKES_FILES,
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('groupId') } },
    async handler(request, reply) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const queued = await withSentContent(
        request,
        edge,
        service,
        'sendGroup',
        (parameters, content, name) =>
          queueMessages(edge, service, parameters, groupsIn(parameters), content, name),
      );
      return answerQueued(reply, 'groupId', queued);
    },
  });
}
