import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { formatAmount } from '../../domain/money.ts';
import { listAgents } from '../../storage/agents/list-agents.ts';
import type { Edge } from '../edge.ts';

const ListedAgent = Type.Object({
  agentId: Type.Integer(),
  name: Type.String(),
  mode: Type.String({ enum: ['test', 'live'] }),
  keyPrefix: Type.String({ description: 'How its key begins.' }),
  credit: Type.String({ examples: ['145.00'] }),
  currency: Type.String({ examples: ['EUR'] }),
  subscriptionEndsAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'Null: it needs no subscription of its own.',
  }),
  serviceCount: Type.Integer({ description: 'Services that were not removed.' }),
  createdAt: Type.String({ format: 'date-time' }),
});

/** `GET /admin/agents`: every agent with its wallet, oldest first. */
export function addListAgents(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'GET',
    url: '/admin/agents',
    schema: { response: { 200: Type.Array(ListedAgent) } },
    async handler(request) {
      edge.admin.check(request);
      const agents = await listAgents(edge.database);
      return agents.map(({ id, createdAt, credit, subscriptionEndsAt, ...agent }) => ({
        agentId: id,
        ...agent,
        credit: formatAmount(credit),
        currency: edge.catalogue.currency,
        subscriptionEndsAt: subscriptionEndsAt?.toISOString() ?? null,
        createdAt: createdAt.toISOString(),
      }));
    },
  });
}
