import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { CONNECTION_STATES } from '../../domain/connection-state.ts';
import { planOfService } from '../../domain/plans.ts';
import { listServices, type ServiceOverview } from '../../storage/services/list-services.ts';
import type { Edge } from '../edge.ts';

const ListedService = Type.Object({
  apiKey: Type.String(),
  mode: Type.String({ enum: ['test', 'live'] }),
  state: Type.String({ enum: ['active', 'expired', 'suspended'] }),
  planId: Type.Integer(),
  plan: Type.String({ examples: ['Premium'] }),
  number: Type.String({ description: 'The linked number, or empty.' }),
  connection: Type.String({ enum: Object.keys(CONNECTION_STATES) }),
  connectionStatus: Type.String({ description: 'The same as a sentence.' }),
  queueDepth: Type.Integer({ description: 'Messages WhatsApp has not answered for yet.' }),
  expiresAt: Type.String({ format: 'date-time' }),
  agentId: Type.Union([Type.Integer(), Type.Null()]),
});

/** `GET /admin/services`: every service at a glance, oldest first. */
export function addListServices(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'GET',
    url: '/admin/services',
    schema: { response: { 200: Type.Array(ListedService) } },
    async handler(request) {
      edge.admin.check(request);
      const services = await listServices(edge.database, null);
      return services.map((service) => describe(edge, service));
    },
  });
}

function describe(edge: Edge, service: ServiceOverview): Static<typeof ListedService> {
  const isExpired = service.expiresAt.getTime() <= edge.clock.now();
  return {
    apiKey: edge.keyring.open(service.keySealed),
    mode: service.mode,
    state: service.state === 'active' && isExpired ? 'expired' : service.state,
    planId: service.planId,
    plan: planOfService(edge.catalogue.plans, service.planId).name,
    number: service.phone ?? '',
    connection: service.connectionState,
    connectionStatus: CONNECTION_STATES[service.connectionState],
    queueDepth: service.queueDepth,
    expiresAt: service.expiresAt.toISOString(),
    agentId: service.agentId,
  };
}
