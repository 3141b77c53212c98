import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import type { Edge } from '../edge.ts';
import { handleService, HANDLINGS } from '../partner/handle-services.ts';
import { serviceOf, type NamedByKey } from './service-in-path.ts';

const Handled = Type.Object({
  apiKey: Type.String(),
  state: Type.String({ enum: ['active', 'suspended', 'removed'] }),
  expiresAt: Type.String({ format: 'date-time' }),
});

/**
 * `POST /admin/services/:apiKey/suspend`, `.../unsuspend` and `.../remove`: what an agent may do to
 * its own services, the operator may do to every one.
 */
export function addHandleService(app: FastifyInstance, edge: Edge): void {
  for (const handling of HANDLINGS) {
    app.route<NamedByKey>({
      method: 'POST',
      url: `/admin/services/:apiKey/${handling}`,
      schema: { response: { 200: Handled } },
      async handler(request) {
        edge.admin.check(request);
        const { apiKey } = request.params;
        const service = await serviceOf(edge, apiKey);
        const life = await handleService(edge, { apiKey, service }, handling);
        return { apiKey, state: life.state, expiresAt: new Date(life.expiresAtMs).toISOString() };
      },
    });
  }
}
