import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import type { ListenerId } from '../../../domain/ids.ts';
import { replayEvents, type Replayed } from '../../../storage/webhooks/replay-events.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import { single, wholeNumber, type Parameters } from '../../parameters/parameters.ts';
import { readParameters } from '../../parameters/read-parameters.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { readId } from './deliveries.ts';
import { serviceWithWebhooks, webhookOf } from './webhook-gate.ts';

/** How many events go again, and where. */
export const Replay = Type.Object({
  status: Type.Literal('true'),
  replayed: Type.Integer(),
  message: Type.String({ examples: ['Replay 4 events to https://example.com/webhook'] }),
  url: Type.String(),
});

/** `webhook/replay`: events go once more, delivered or not, under their old ids. */
export function addReplayWebhook(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/replay/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Replay } },
    async handler(request): Promise<Static<typeof Replay>> {
      refuseAutomaticRequest(request.headers);
      const service = await serviceWithWebhooks(edge, request.params.apiKey);
      return await replay(edge, service.id, await readParameters(request));
    },
  });
}

/**
 * Sends the events that the parameters name once more.
 * @throws Problem `missing_parameter`, `invalid_parameter`, `wrong_state`
 */
export async function replay(
  edge: Edge,
  listenerId: ListenerId,
  parameters: Parameters,
): Promise<Static<typeof Replay>> {
  const wanted = readWanted(parameters, edge.clock.now());
  const { url } = await webhookOf(edge, listenerId);
  const replayed = await replayEvents(edge.database.pool, listenerId, wanted);
  edge.webhooks.changed(listenerId);
  return { status: 'true', replayed, message: `Replay ${replayed} events to ${url}`, url };
}

function readWanted(parameters: Parameters, nowMs: number): Replayed {
  const id = readId(parameters);
  if (id !== null) return { id };
  if ((single(parameters, 'from')?.trim() ?? '') === '') {
    throw new Problem('missing_parameter', 'Give the "id" of an event, or a time with "from".');
  }
  const fromMs = wholeNumber(parameters, 'from', 0, 0) * 1000;
  // The whole last second belongs to it.
  const untilMs = wholeNumber(parameters, 'to', 0, Math.ceil(nowMs / 1000)) * 1000 + 999;
  return { fromMs, untilMs };
}
