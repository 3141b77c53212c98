import type { FastifyInstance } from 'fastify';
import type { Edge } from '../edge.ts';
import { describeService, ListedService } from './describe-service.ts';
import { overviewOf, type NamedByKey } from './service-in-path.ts';

/** `GET /admin/services/:apiKey`: one service as it stands now. */
export function addShowService(app: FastifyInstance, edge: Edge): void {
  app.route<NamedByKey>({
    method: 'GET',
    url: '/admin/services/:apiKey',
    schema: { response: { 200: ListedService } },
    async handler(request) {
      edge.admin.check(request);
      return describeService(edge, await overviewOf(edge, request.params.apiKey));
    },
  });
}
