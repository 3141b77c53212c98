import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../../domain/errors.ts';
import { publicEventId } from '../../../domain/event.ts';
import type { ListenerId } from '../../../domain/ids.ts';
import { refuseAutomaticRequest } from '../../access/automatic-requests.ts';
import type { Edge } from '../../edge.ts';
import type { KeyInPath } from '../key-in-path.ts';
import { serviceWithWebhooks } from './webhook-gate.ts';

/** How a test went. */
export const Tested = Type.Object({
  status: Type.Literal('true'),
  delivered: Type.Boolean(),
  id: Type.String({ examples: ['evt_542655'] }),
  url: Type.String(),
  httpStatus: Type.Union([Type.Integer(), Type.Null()]),
  failure: Type.Union([Type.String(), Type.Null()]),
  latencyMs: Type.Integer(),
  answer: Type.String({ description: 'How the answer began.' }),
});

/** `webhook/test`: posts an event that says it is a test, once, and tells how that went. */
export function addTestWebhook(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/webhook/test/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Tested } },
    async handler(request): Promise<Static<typeof Tested>> {
      refuseAutomaticRequest(request.headers);
      const service = await serviceWithWebhooks(edge, request.params.apiKey);
      return await testWebhook(edge, service.id);
    },
  });
}

/** Makes one and posts it. @throws Problem `wrong_state` */
export async function testWebhook(
  edge: Edge,
  listenerId: ListenerId,
): Promise<Static<typeof Tested>> {
  const attempt = await edge.webhooks.test(listenerId);
  if (attempt === null) throw new Problem('wrong_state', 'No webhook is set.');
  const { state, eventId, url, status, failure, latencyMs, answer } = attempt;
  return {
    status: 'true',
    delivered: state === 'delivered',
    id: publicEventId(eventId),
    url,
    httpStatus: status,
    failure,
    latencyMs,
    answer,
  };
}
