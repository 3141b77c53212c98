import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { listServices } from '../../storage/services/list-services.ts';
import type { Edge } from '../edge.ts';
import { describeService, ListedService } from './describe-service.ts';

/** `GET /admin/services`: every service at a glance, oldest first. */
export function addListServices(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'GET',
    url: '/admin/services',
    schema: { response: { 200: Type.Array(ListedService) } },
    async handler(request) {
      edge.admin.check(request);
      const services = await listServices(edge.database, null);
      return services.map((service) => describeService(edge, service));
    },
  });
}
