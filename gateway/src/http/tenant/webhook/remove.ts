import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { removeWebhook } from '../../../storage/webhooks/webhook-settings.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import type { KeyInPath } from '../key-in-path.ts';

const REMOVED = {
  set: 'true',
  url: 'Empty',
  message: 'Webhook successfully removed',
} as const;

const WebhookRemoved = Type.Object({
  set: Type.Literal(REMOVED.set),
  url: Type.Literal(REMOVED.url),
  message: Type.Literal(REMOVED.message),
});

/** `webhook/remove`: nothing is sent any more; in every plan, so that it can be got rid of. */
export function addRemoveWebhook(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/remove/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 201: WebhookRemoved } },
    async handler(request, reply) {
      refuseAutomaticRequest(request.headers);
      const service = await edge.services.findUsable(request.params.apiKey);
      await removeWebhook(edge.database, service.id);
      edge.webhooks.changed(service.id);
      return reply.code(201).send(REMOVED);
    },
  });
}
