import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import type { EventFormat } from '../../../domain/event.ts';
import { OutgoingRefusal } from '../../../runtime/outgoing/outgoing-refusal.ts';
import { createWebhookSecrets } from '../../../storage/webhooks/webhook-secrets.ts';
import { setWebhook } from '../../../storage/webhooks/webhook-settings.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import { required, single, type Parameters } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import { switchIn } from '../../parameters/switch.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { serviceWithWebhooks } from './webhook-gate.ts';

const SET = 'Webhook has been set successfully';

const WebhookSet = Type.Object({
  status: Type.Literal('true'),
  url: Type.String(),
  apiKey: Type.String(),
  message: Type.Literal(SET),
});

/** `webhook/set`: where events go from now on, with all that still waits. */
export function addSetWebhook(app: FastifyInstance, edge: Edge): void {
  const secrets = createWebhookSecrets(edge.secrets.masterKey, edge.random);
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/set/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: WebhookSet } },
    async handler(request): Promise<Static<typeof WebhookSet>> {
      refuseAutomaticRequest(request.headers);
      const { apiKey } = request.params;
      const service = await serviceWithWebhooks(edge, apiKey);
      const parameters = await readParameters(request);
      const url = readUrl(edge, parameters);
      await setWebhook(edge.database, service.id, {
        url,
        ...readOptions(parameters),
        baseUrl: `${request.protocol}://${request.host}`,
        secretSealed: secrets.issue(service.id),
      });
      edge.webhooks.changed(service.id);
      return { status: 'true', url, apiKey, message: SET };
    },
  });
}

/**
 * Where events are to go.
 * @throws Problem `missing_parameter`, `link_not_allowed`
 */
export function readUrl(edge: Edge, parameters: Parameters): string {
  const url = required(parameters, 'url').trim();
  try {
    edge.webhooks.readUrl(url);
    return url;
  } catch (error) {
    if (!(error instanceof OutgoingRefusal)) throw error;
    throw new Problem('link_not_allowed', `This can not be a webhook: ${error.message}.`);
  }
}

function readOptions(parameters: Parameters): { format?: EventFormat; sendsKey?: boolean } {
  const format = single(parameters, 'format')?.trim() ?? '';
  if (format !== '' && format !== 'documented' && format !== 'versioned') {
    throw new Problem('invalid_parameter', 'The format must be "documented" or "versioned".');
  }
  const sendsKey = switchIn(parameters, 'sendKey');
  return {
    ...(format === '' ? {} : { format }),
    ...(sendsKey === null ? {} : { sendsKey }),
  };
}
