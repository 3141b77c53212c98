import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { rotateServiceKey } from '../partner/rotate-key.ts';
import { serviceOf, type NamedByKey } from './service-in-path.ts';

const ServiceKey = Type.Object({
  apiKey: Type.String({ description: 'The new key.' }),
  oldKeyUntil: Type.String({ format: 'date-time', description: 'The old one works until then.' }),
});

/** `POST /admin/services/:apiKey/rotate-key`: another key for a service. */
export function addOperatedServiceKey(app: FastifyInstance, edge: Edge): void {
  app.route<NamedByKey>({
    method: 'POST',
    url: '/admin/services/:apiKey/rotate-key',
    schema: { response: { 200: ServiceKey } },
    async handler(request) {
      edge.admin.check(request);
      const { apiKey } = request.params;
      const service = await serviceOf(edge, apiKey);
      return await rotateServiceKey(edge, service, apiKey, await readParameters(request));
    },
  });
}
