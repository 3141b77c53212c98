import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import type { Edge } from '../edge.ts';

const Ready = Type.Object({
  status: Type.Literal('ready'),
  warnings: Type.Optional(
    Type.Array(Type.String(), { description: 'What the operator should look at all the same.' }),
  ),
});

/** `/health/ready`: 200 when requests can be served, else 503 with the reason. */
export function addReady(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'GET',
    url: '/health/ready',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Ready } },
    async handler() {
      const reason = await edge.isReady();
      if (reason !== null) throw new Problem('not_ready', reason);
      const warnings = edge.warnings?.() ?? [];
      return { status: 'ready' as const, ...(warnings.length === 0 ? {} : { warnings }) };
    },
  });
}
