import type { FastifyInstance } from 'fastify';
import type { ApiDocument } from './open-api.ts';

/** `/openapi.json`: the reference for programs. */
export function addOpenApiJson(app: FastifyInstance, document: ApiDocument): void {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { needsNoDatabase: true },
    handler: (_request, reply) => reply.type('application/json; charset=utf-8').send(text),
  });
}
