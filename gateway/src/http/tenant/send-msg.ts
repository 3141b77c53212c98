import type { FastifyInstance } from 'fastify';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { TAKES_FILES } from '../parameters/long-body.ts';
import type { KeyInPath } from './key-in-path.ts';
import { answerQueued, peopleIn, queuedAnswer, queueMessages } from './queue-messages.ts';
import { withSentContent } from './sent-content.ts';

/** `sendMsg`: keeps messages for one or several numbers. Answered after the commit. */
export function addSendMsg(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendMsg/:apiKey',
    ...TAKES_FILES,
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('phonenumber') } },
    async handler(request, reply) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const queued = await withSentContent(
        request,
        edge,
        service,
        'sendMsg',
        async (parameters, content, name) => {
          const recipients = await peopleIn(parameters, edge, service);
          return await queueMessages(edge, service, parameters, recipients, content, name);
        },
      );
      return answerQueued(reply, 'phonenumber', queued);
    },
  });
}
