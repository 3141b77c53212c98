import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Edge } from '../edge.ts';
import { askSimulator } from './simulator-api.ts';

/** `/simulator*`: the simulator's own API on this port, behind the admin token. */
export async function addSimulatorProxy(app: FastifyInstance, edge: Edge): Promise<void> {
  await app.register((scope, _options, done) => {
    // Bodies go through as they come, unread.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => {
      parsed(null, payload);
    });
    for (const url of ['/simulator', '/simulator/*']) {
      scope.route({
        method: ['DELETE', 'GET', 'POST', 'PUT'],
        url,
        config: { needsNoDatabase: true },
        // Before any body is taken in.
        onRequest: (request, _reply, next) => {
          edge.admin.check(request);
          next();
        },
        async handler(request, reply) {
          const { 'content-type': contentType } = request.headers;
          const answer = await askSimulator(edge, {
            method: request.method,
            path: request.originalUrl.slice(request.originalUrl.indexOf('/simulator')),
            ...(contentType === undefined ? {} : { contentType }),
            ...(request.body === undefined ? {} : { body: request.body as Readable }),
          });
          return reply
            .code(answer.status)
            .type(answer.headers.get('content-type') ?? 'application/json; charset=utf-8')
            .send(Buffer.from(await answer.arrayBuffer()));
        },
      });
    }
    done();
  });
}
