import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { CONNECTION_STATES, describeConnection } from '../../domain/connection-state.ts';
import { planOf } from '../../domain/plans.ts';
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
  connectionDetail: Type.String({ description: 'What WhatsApp or the network said, or empty.' }),
  retryAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When a ban ends and the next try follows.',
  }),
  health: Type.Union([Type.Literal('good'), Type.Literal('slow'), Type.Null()], {
    description: 'Whether WhatsApp answers in time over this connection; null while there is none.',
  }),
  lastHeardAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'When WhatsApp was heard of last, half a minute exactly.',
  }),
  answerMs: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How long WhatsApp took to accept the latest message.',
  }),
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
    plan: planOf(service.planId).name,
    number: service.phone ?? '',
    connection: service.connectionState,
    connectionStatus: describeConnection(service.connectionState, {
      detail: service.connectionDetail,
      retryAt: service.retryAt,
    }),
    connectionDetail: service.connectionDetail ?? '',
    retryAt: service.retryAt?.toISOString() ?? null,
    health: healthOf(service),
    lastHeardAt: service.lastHeardAt?.toISOString() ?? null,
    answerMs: service.answerMs,
    queueDepth: service.queueDepth,
    expiresAt: service.expiresAt.toISOString(),
    agentId: service.agentId,
  };
}

function healthOf({ connectionState, isSlow }: ServiceOverview): 'good' | 'slow' | null {
  if (connectionState !== 'connected') return null;
  return isSlow === true ? 'slow' : 'good';
}
