import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';

const Live = Type.Object({ status: Type.Literal('live') });

/** `/health/live`: 200 while the process runs. */
export function addLive(app: FastifyInstance): void {
  app.route({
    method: 'GET',
    url: '/health/live',
    config: { errorFamily: 'status', needsNoDatabase: true },
    schema: { response: { 200: Live } },
    handler: () => ({ status: 'live' }),
  });
}
