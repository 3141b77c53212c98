import type { FastifyInstance } from 'fastify';
import { acceptText } from '../../domain/accept-messages.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { refuseMediaParameters } from '../parameters/file-parts.ts';
import { single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { peopleIn, queuedAnswer, queueMessages } from './queue-messages.ts';

/** `sendMsg`: keeps messages for one or several numbers. Answered after the commit. */
export function addSendMsg(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendMsg/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('phonenumber') } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const parameters = await readParameters(request);
      refuseMediaParameters(parameters);
      const recipients = await peopleIn(parameters, edge, service);
      const content = acceptText(single(parameters, 'message'));
      return await queueMessages(edge, service, parameters, recipients, content);
    },
  });
}
