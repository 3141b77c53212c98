import type { FastifyInstance } from 'fastify';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/**
 * `module/disconnect`: closes the service's connection and keeps it closed until `connect`. Allowed
 * for a suspended service too: there is nothing in it that must be paid for.
 */
export function addDisconnect(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: ['GET', 'POST'],
    url: '/module/disconnect',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Done } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const parameters = await readParameters(request);
      const { apiKey, service } = await ownServiceOf(edge, request, parameters);
      await edge.sessions.disconnect(service.id);
      return done('disconnect', apiKey);
    },
  });
}
