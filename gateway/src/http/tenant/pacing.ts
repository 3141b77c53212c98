import type { FastifyInstance } from 'fastify';
import type { Edge } from '../edge.ts';
import { describePacing, ShownPacing } from '../pacing/describe-pacing.ts';
import type { KeyInPath } from './key-in-path.ts';

/** `pacing`: how fast the service may send, what it has used of that, and what holds it back. */
export function addPacing(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: 'GET',
    url: '/pacing/:apiKey',
    schema: { response: { 200: ShownPacing } },
    async handler(request) {
      const service = await edge.services.findUsable(request.params.apiKey);
      return await describePacing(edge, service.id);
    },
  });
}
