import type { FastifyInstance } from 'fastify';
import { acceptLocation } from '../../domain/accept-messages.ts';
import type { NamedCall, QueuedCall } from '../../domain/named-call.ts';
import type { Service } from '../../storage/services/service.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { required, single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { nameOfCall } from './call-name.ts';
import type { KeyInPath } from './key-in-path.ts';
import { answerQueued, peopleIn, queuedAnswer, queueMessages } from './queue-messages.ts';

/** `sendLocation`: a place on the map, named by `message`, for one or several numbers. */
export function addSendLocation(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/sendLocation/:apiKey',
    config: { errorFamily: 'success' },
    schema: { response: { 200: queuedAnswer('phonenumber') } },
    async handler(request, reply) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      const parameters = await readParameters(request);
      const call = { endpoint: 'sendLocation', parameters, upload: null } as const;
      const name = await nameOfCall(request, edge, service, call);
      const earlier = name === null ? null : await edge.intake.recall(name);
      const queued = earlier ?? (await queueLocation(edge, service, parameters, name));
      return answerQueued(reply, 'phonenumber', queued);
    },
  });
}

async function queueLocation(
  edge: Edge,
  service: Service,
  parameters: Parameters,
  name: NamedCall | null,
): Promise<QueuedCall> {
  const recipients = await peopleIn(parameters, edge, service);
  const place = acceptLocation(
    single(parameters, 'message'),
    required(parameters, 'lat'),
    required(parameters, 'long'),
  );
  return await queueMessages(edge, service, parameters, recipients, place, name);
}
