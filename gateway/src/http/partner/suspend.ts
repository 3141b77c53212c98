import type { FastifyInstance } from 'fastify';
import { changeLife } from '../../lifecycle/change-life.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/** `module/suspend`: nothing is sent or received any more; the queue and the link to the phone stay. */
export function addSuspend(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: ['GET', 'POST'],
    url: '/module/suspend',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Done } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const parameters = await readParameters(request);
      const { apiKey, service } = await ownServiceOf(edge, request, parameters);
      await changeLife(edge.database, service.id, 'suspend');
      edge.services.forget(apiKey);
      await edge.sessions.standingChanged(service.id);
      return done('suspend', apiKey);
    },
  });
}
