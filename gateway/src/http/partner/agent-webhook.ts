import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type, type TSchema } from '@sinclair/typebox';
import { listeningAgent, type ListenerId } from '../../domain/ids.ts';
import { createWebhookSecrets } from '../../storage/webhooks/webhook-secrets.ts';
import { removeWebhook, setWebhook } from '../../storage/webhooks/webhook-settings.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import type { Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Deliveries, describeDeliveries } from '../tenant/webhook/deliveries.ts';
import { Replay, replay } from '../tenant/webhook/replay.ts';
import { describeSecret, Secret } from '../tenant/webhook/secret.ts';
import { readUrl } from '../tenant/webhook/set.ts';
import { Tested, testWebhook } from '../tenant/webhook/test.ts';
import { agentOf } from './partner-keys.ts';

const SET = 'Webhook has been set successfully';
const REMOVED = 'Webhook successfully removed';

const WebhookSet = Type.Object({
  status: Type.Literal('true'),
  url: Type.String(),
  message: Type.Literal(SET),
});
const WebhookRemoved = Type.Object({
  status: Type.Literal('true'),
  message: Type.Literal(REMOVED),
});

/** Something that is done with an agent's webhook. */
interface Call {
  readonly answer: TSchema;
  /** It only shows something. */
  readonly isRead?: boolean;
  readonly run: (
    edge: Edge,
    listenerId: ListenerId,
    parameters: Parameters,
    request: FastifyRequest,
  ) => Promise<unknown>;
}

/** By the last part of the address. */
export const AGENT_WEBHOOK_CALLS: Readonly<Record<string, Call>> = {
  set: { answer: WebhookSet, run: set },
  remove: { answer: WebhookRemoved, run: remove },
  deliveries: { answer: Deliveries, isRead: true, run: describeDeliveries },
  replay: { answer: Replay, run: replay },
  test: { answer: Tested, run: testWebhook },
  secret: { answer: Secret, run: describeSecret },
};

/**
 * `module/webhook/...`: where an agent is told what becomes of its services; in the versioned format,
 * because the documented one has no words for that.
 */
export function addAgentWebhook(app: FastifyInstance, edge: Edge): void {
  for (const [name, { answer, run }] of Object.entries(AGENT_WEBHOOK_CALLS)) {
    app.route({
      method: ['GET', 'POST'],
      url: `/module/webhook/${name}`,
      config: { errorFamily: 'status' },
      schema: { response: { 200: answer } },
      async handler(request) {
        refuseAutomaticRequest(request.headers);
        const parameters = await readParameters(request);
        const agent = await agentOf(edge, parameters);
        return await run(edge, listeningAgent(agent.id), parameters, request);
      },
    });
  }
}

async function set(
  edge: Edge,
  listenerId: ListenerId,
  parameters: Parameters,
  request: FastifyRequest,
): Promise<unknown> {
  const url = readUrl(edge, parameters);
  const secrets = createWebhookSecrets(edge.secrets.masterKey, edge.random);
  await setWebhook(edge.database, listenerId, {
    url,
    format: 'versioned',
    sendsKey: false,
    baseUrl: `${request.protocol}://${request.host}`,
    secretSealed: secrets.issue(listenerId),
  });
  edge.webhooks.changed(listenerId);
  return { status: 'true', url, message: SET };
}

async function remove(edge: Edge, listenerId: ListenerId): Promise<unknown> {
  await removeWebhook(edge.database, listenerId);
  edge.webhooks.changed(listenerId);
  return { status: 'true', message: REMOVED };
}
