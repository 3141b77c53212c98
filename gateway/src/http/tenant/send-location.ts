import type { FastifyInstance } from 'fastify';
import { acceptLocation } from '../../domain/accept-messages.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { required, single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import type { KeyInPath } from './key-in-path.ts';
import { peopleIn, queuedAnswer, queueMessages } from './queue-messages.ts';

/** `sendLocation`: a place on the map, named by `message`, for one or several numbers. */
export function addSendLocation(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendLocation/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('phonenumber') } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const parameters = await readParameters(request);
      const recipients = await peopleIn(parameters, edge, service);
      const place = acceptLocation(
        single(parameters, 'message'),
        required(parameters, 'lat'),
        required(parameters, 'long'),
      );
      return await queueMessages(edge, service, parameters, recipients, place);
    },
  });
}
