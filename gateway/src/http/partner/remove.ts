import type { FastifyInstance } from 'fastify';
import { changeLife } from '../../lifecycle/change-life.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/** `module/remove`: unlinks the phone and deletes the service; its charges stay in the ledger. */
export function addRemove(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: ['GET', 'POST'],
    url: '/module/remove',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Done } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const parameters = await readParameters(request);
      const { apiKey, service } = await ownServiceOf(edge, request, parameters);
      await changeLife(edge.database, service.id, 'remove');
      edge.services.forget(apiKey);
      await edge.sessions.standingChanged(service.id);
      return done('remove', apiKey);
    },
  });
}
