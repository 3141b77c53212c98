import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { subscribeAgent } from '../../lifecycle/subscribe.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { switchIn } from '../parameters/switch.ts';
import { readCycle } from '../partner/plan-parameters.ts';
import { agentInPath, type AgentInPath } from './agent-in-path.ts';

const Subscribed = Type.Object({ subscriptionEndsAt: Type.String({ format: 'date-time' }) });

/** `POST /admin/agents/:agentId/subscription`: sells or extends an agent's own subscription. */
export function addSubscribe(app: FastifyInstance, edge: Edge): void {
  app.route<AgentInPath>({
    method: 'POST',
    url: '/admin/agents/:agentId/subscription',
    schema: { response: { 200: Subscribed } },
    async handler(request, reply) {
      edge.admin.check(request);
      const { agentSubscription } = edge.catalogue;
      if (agentSubscription === null) {
        throw new Problem('wrong_state', 'The catalogue has no subscription for agents.');
      }
      const parameters = await readParameters(request);
      const { endsAtMs, isRepeated } = await subscribeAgent(edge.database, agentSubscription, {
        agentId: agentInPath(request),
        months: readCycle(parameters),
        isPaidOutside: switchIn(parameters, 'paidOutside') ?? false,
        idempotencyKey: readIdempotencyKey(request, parameters),
      });
      if (isRepeated) reply.header('Idempotent-Replayed', 'true');
      return { subscriptionEndsAt: new Date(endsAtMs).toISOString() };
    },
  });
}
