import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { updateService } from '../../storage/services/update-service.ts';
import type { Edge } from '../edge.ts';

const Expired = Type.Object({ apiKey: Type.String(), expiresAt: Type.String() });

/** `POST /admin/services/:apiKey/expire`: ends a test service's time now, so that it can be watched. */
export function addExpireService(app: FastifyInstance, edge: Edge): void {
  app.route<{ Params: { apiKey: string } }>({
    method: 'POST',
    url: '/admin/services/:apiKey/expire',
    schema: { response: { 200: Expired } },
    async handler(request) {
      edge.admin.check(request);
      const { apiKey } = request.params;
      const service = await edge.services.lookUp(apiKey);
      if (service === null) throw new Problem('service_not_found');
      if (service.mode !== 'test') {
        throw new Problem('wrong_state', 'Only a test service can be made to expire.');
      }
      const expiresAt = new Date(edge.clock.now());
      await updateService(edge.database, service.id, { expiresAt });
      edge.services.forget(apiKey);
      return { apiKey, expiresAt: expiresAt.toISOString() };
    },
  });
}
