import type { FastifyInstance } from 'fastify';
import { acceptText } from '../../domain/accept-messages.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { refuseMediaParameters } from '../parameters/file-parts.ts';
import { single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { groupsIn, queuedAnswer, queueMessages } from './queue-messages.ts';

/** `sendGroup`: as `sendMsg`, for one or several groups of the account. */
export function addSendGroup(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendGroup/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('groupId') } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const parameters = await readParameters(request);
      refuseMediaParameters(parameters);
      const content = acceptText(single(parameters, 'message'));
      return await queueMessages(edge, service, parameters, groupsIn(parameters), content);
    },
  });
}
