import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { restoreService } from '../../lifecycle/restore.ts';
import type { Edge } from '../edge.ts';
import type { NamedByKey } from './service-in-path.ts';

const Restored = Type.Object({
  apiKey: Type.String(),
  state: Type.String({ enum: ['suspended'] }),
  expiresAt: Type.String({ format: 'date-time' }),
});

/** `POST /admin/services/:apiKey/restore`: undoes a removal by the clock, for a day. */
export function addRestoreService(app: FastifyInstance, edge: Edge): void {
  app.route<NamedByKey>({
    method: 'POST',
    url: '/admin/services/:apiKey/restore',
    schema: { response: { 200: Restored } },
    async handler(request) {
      edge.admin.check(request);
      const { apiKey } = request.params;
      const { life } = await restoreService(edge.database, edge.keyring.fingerprint(apiKey));
      edge.services.forget(apiKey);
      return { apiKey, state: life.state, expiresAt: new Date(life.expiresAtMs).toISOString() };
    },
  });
}
