import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import type { ListenerId } from '../../../domain/ids.ts';
import { createWebhookSecrets } from '../../../storage/webhooks/webhook-secrets.ts';
import { rotateSecret } from '../../../storage/webhooks/webhook-settings.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import { listDate } from '../../answers/dates.ts';
import type { Edge } from '../../edge.ts';
import type { Parameters } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import { switchIn } from '../../parameters/switch.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { serviceWithWebhooks, webhookOf } from './webhook-gate.ts';

/** So long the old secret signs beside the new one. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

/** What deliveries are signed with. */
export const Secret = Type.Object({
  status: Type.Literal('true'),
  secret: Type.String({ examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }),
  oldSecretUntil: Type.Union([Type.String({ examples: ['2024/05/01 13:43:53'] }), Type.Null()]),
});

/** `webhook/secret`: what deliveries are signed with; a new one when that is asked for. */
export function addWebhookSecret(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/secret/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Secret } },
    async handler(request): Promise<Static<typeof Secret>> {
      refuseAutomaticRequest(request.headers);
      const service = await serviceWithWebhooks(edge, request.params.apiKey);
      return await describeSecret(edge, service.id, await readParameters(request));
    },
  });
}

/**
 * The secret of a webhook, after making a new one if the parameters ask for that.
 * @throws Problem `invalid_parameter`, `wrong_state`
 */
export async function describeSecret(
  edge: Edge,
  listenerId: ListenerId,
  parameters: Parameters,
): Promise<Static<typeof Secret>> {
  const secrets = createWebhookSecrets(edge.secrets.masterKey, edge.random);
  const isRotated = switchIn(parameters, 'rotate') ?? false;
  let webhook = await webhookOf(edge, listenerId);
  if (isRotated) {
    await rotateSecret(edge.database, listenerId, secrets.issue(listenerId), OVERLAP_MS);
    edge.webhooks.changed(listenerId);
    webhook = await webhookOf(edge, listenerId);
  }
  const { secretSealed, oldSecretUntil } = webhook;
  const isOldValid = oldSecretUntil !== null && oldSecretUntil.getTime() > edge.clock.now();
  return {
    status: 'true',
    secret: secrets.open(listenerId, secretSealed),
    oldSecretUntil: isOldValid ? listDate(oldSecretUntil) : null,
  };
}
