import type { FastifyInstance } from 'fastify';
import { renewService } from '../../lifecycle/renew.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { agentOf, ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';
import { readCycle } from './plan-parameters.ts';

/**
 * `module/renew`: buys months for a service, counted from the later of now and its expiry. A service
 * that was suspended because its time was over works again.
 */
export function addRenew(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: ['GET', 'POST'],
    url: '/module/renew',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Done } },
    async handler(request, reply) {
      refuseAutomaticRequest(request.headers);
      const parameters = await readParameters(request);
      const agent = await agentOf(edge, parameters);
      const { apiKey, service } = await ownServiceOf(edge, request, parameters);
      const outcome = await renewService(edge.database, edge.catalogue, {
        serviceId: service.id,
        agentId: agent.id,
        months: readCycle(parameters),
        idempotencyKey: readIdempotencyKey(request, parameters),
      });
      if (outcome === 'repeated') reply.header('Idempotent-Replayed', 'true');
      edge.services.forget(apiKey);
      await edge.sessions.standingChanged(service.id);
      return done('renew', apiKey);
    },
  });
}
