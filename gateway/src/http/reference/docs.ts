import type { FastifyInstance } from 'fastify';
import type { ApiDocument } from './open-api.ts';
import { renderPage } from './page.ts';

/** The page loads nothing, and no other page may hold it in a frame. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/** `/docs`: the reference for people. */
export function addDocs(app: FastifyInstance, document: ApiDocument): void {
  const page = renderPage(document);
  app.route({
    method: 'GET',
    url: '/docs',
    config: { needsNoDatabase: true },
    handler: (_request, reply) =>
      reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(page),
  });
}
