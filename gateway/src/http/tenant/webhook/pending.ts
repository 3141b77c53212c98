import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { countPending, findWebhook } from '../../../storage/webhooks/webhook-settings.ts';
import type { Edge } from '../../edge.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { serviceWithWebhooks } from './webhook-gate.ts';

const PendingEvents = Type.Object({
  status: Type.Literal('true'),
  pendingCount: Type.Integer(),
  apiKey: Type.String(),
  message: Type.String({ examples: ['NO pending message', '4 pending messages'] }),
  url: Type.String({ description: 'Empty while no webhook is set.' }),
});

/** `webhook/pending`: how many events the webhook has not taken yet. */
export function addPendingWebhook(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/pending/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: PendingEvents } },
    async handler(request): Promise<Static<typeof PendingEvents>> {
      const { apiKey } = request.params;
      const service = await serviceWithWebhooks(edge, apiKey);
      const [waiting, webhook] = await Promise.all([
        countPending(edge.database, service.id),
        findWebhook(edge.database, service.id),
      ]);
      const url = webhook?.url ?? '';
      // What was on its way into the queue when the webhook was removed waits for nothing.
      const count = url === '' ? 0 : waiting;
      return {
        status: 'true',
        pendingCount: count,
        apiKey,
        message: count === 0 ? 'NO pending message' : `${count} pending messages`,
        url,
      };
    },
  });
}
