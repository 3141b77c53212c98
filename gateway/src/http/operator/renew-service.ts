import type { FastifyInstance } from 'fastify';
import { renewService } from '../../lifecycle/renew.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { readCycle } from '../partner/plan-parameters.ts';
import { describeService, ListedService } from './describe-service.ts';
import { overviewOf, serviceOf, type NamedByKey } from './service-in-path.ts';

/**
 * `POST /admin/services/:apiKey/renew`: months for a service. An agent's wallet pays for its
 * services here, too; what is the operator's own costs nothing.
 */
export function addRenewService(app: FastifyInstance, edge: Edge): void {
  app.route<NamedByKey>({
    method: 'POST',
    url: '/admin/services/:apiKey/renew',
    schema: { response: { 200: ListedService } },
    async handler(request, reply) {
      edge.admin.check(request);
      const { apiKey } = request.params;
      const service = await serviceOf(edge, apiKey);
      const parameters = await readParameters(request);
      const outcome = await renewService(edge.database, edge.catalogue, {
        serviceId: service.id,
        agentId: service.agentId,
        months: readCycle(parameters),
        idempotencyKey: readIdempotencyKey(request, parameters),
      });
      if (outcome === 'repeated') void reply.header('Idempotent-Replayed', 'true');
      edge.services.forget(apiKey);
      await edge.sessions.standingChanged(service.id);
      return describeService(edge, await overviewOf(edge, apiKey));
    },
  });
}
