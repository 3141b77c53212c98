import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import { resendPending } from '../../../storage/webhooks/webhook-settings.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { serviceWithWebhooks, webhookOf } from './webhook-gate.ts';

const NOT_WITHIN_MS = 10_000;
const TOO_SOON = 'This was asked for less than 10 seconds ago.';

const Resent = Type.Object({
  pending: Type.Integer(),
  apiKey: Type.String(),
  message: Type.String({ examples: ['Resend 4 messages to https://example.com/webhook'] }),
  url: Type.String(),
});

/** `webhook/resend`: what was not delivered is tried again now, and so is a webhook that rests. */
export function addResendWebhook(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/resend/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Resent } },
    async handler(request): Promise<Static<typeof Resent>> {
      refuseAutomaticRequest(request.headers);
      const { apiKey } = request.params;
      const service = await serviceWithWebhooks(edge, apiKey);
      const { url } = await webhookOf(edge, service.id);
      const pending = await resendPending(edge.database, service.id, NOT_WITHIN_MS);
      if (pending === null) {
        throw new Problem('too_many_requests', TOO_SOON, NOT_WITHIN_MS / 1000);
      }
      edge.webhooks.changed(service.id);
      return { pending, apiKey, message: `Resend ${pending} messages to ${url}`, url };
    },
  });
}
