import type { FastifyInstance } from 'fastify';
import { changeLife } from '../../lifecycle/change-life.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/** `module/unsuspend`: undoes `suspend`. A service whose time is over has to be renewed instead. */
export function addUnsuspend(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: ['GET', 'POST'],
    url: '/module/unsuspend',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Done } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const parameters = await readParameters(request);
      const { apiKey, service } = await ownServiceOf(edge, request, parameters);
      await changeLife(edge.database, service.id, 'unsuspend');
      edge.services.forget(apiKey);
      await edge.sessions.standingChanged(service.id);
      return done('unsuspend', apiKey);
    },
  });
}
