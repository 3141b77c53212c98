import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { closeFeed } from '../../../storage/webhooks/feed.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import type { KeyInPath } from '../key-in-path.ts';

const CLOSED = { status: 'true', message: 'Events are no longer kept for asking' } as const;

/** `events/close`: the opposite of `events/open`; in every plan, so that it can be ended. */
export function addCloseEvents(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/events/close/:apiKey',
    config: { errorFamily: 'status' },
    schema: {
      response: {
        200: Type.Object({
          status: Type.Literal(CLOSED.status),
          message: Type.Literal(CLOSED.message),
        }),
      },
    },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      await closeFeed(edge.database.pool, service.id);
      return CLOSED;
    },
  });
}
