import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import type { Edge } from '../edge.ts';

const Healthy = Type.Object({ status: Type.String() });

/** `/health/live` and `/health/ready`: for whoever starts, stops and routes to this process. */
export function addHealth(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'GET',
    url: '/health/live',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Healthy } },
    handler: () => ({ status: 'live' }),
  });
  app.route({
    method: 'GET',
    url: '/health/ready',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Healthy } },
    async handler() {
      const reason = await edge.isReady();
      if (reason !== null) throw new Problem('not_ready', reason);
      return { status: 'ready' };
    },
  });
}
