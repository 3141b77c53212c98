import type { FastifyInstance } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import type { Edge } from '../edge.ts';
import { describePacing, ShownPacing } from '../pacing/describe-pacing.ts';

/** `GET /admin/services/:apiKey/pacing`: where a service's account stands. */
export function addShowPacing(app: FastifyInstance, edge: Edge): void {
  app.route<{ Params: { apiKey: string } }>({
    method: 'GET',
    url: '/admin/services/:apiKey/pacing',
    schema: { response: { 200: ShownPacing } },
    async handler(request) {
      edge.admin.check(request);
      const service = await edge.services.lookUp(request.params.apiKey);
      if (service === null) throw new Problem('service_not_found');
      return await describePacing(edge, service.id);
    },
  });
}
