import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { openFeed } from '../../../storage/webhooks/feed.ts';
import { createWebhookSecrets } from '../../../storage/webhooks/webhook-secrets.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { serviceWithWebhooks } from '../webhook/webhook-gate.ts';

const OPENED = { status: 'true', message: 'Events are kept from now on' } as const;

/** `events/open`: events are kept for whoever pulls them or listens. */
export function addOpenEvents(app: FastifyInstance, edge: Edge): void {
  const secrets = createWebhookSecrets(edge.secrets.masterKey, edge.random);
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/events/open/:apiKey',
    config: { errorFamily: 'status' },
    schema: {
      response: {
        200: Type.Object({
          status: Type.Literal(OPENED.status),
          message: Type.Literal(OPENED.message),
        }),
      },
    },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const service = await serviceWithWebhooks(edge, request.params.apiKey);
      await openFeed(edge.database.pool, service.id, secrets.issue(service.id));
      return OPENED;
    },
  });
}
