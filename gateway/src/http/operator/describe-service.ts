import { Type, type Static } from '@sinclair/typebox';
import { CONNECTION_STATES, describeConnection } from '../../domain/connection-state.ts';
import { planOfService } from '../../domain/plans.ts';
import type { ServiceOverview } from '../../storage/services/list-services.ts';
import type { Edge } from '../edge.ts';

/** A service as its operator sees it. */
export const ListedService = Type.Object({
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

/** Puts a service into that form, with its key in the clear. */
export function describeService(
  edge: Edge,
  service: ServiceOverview,
): Static<typeof ListedService> {
  const isExpired = service.expiresAt.getTime() <= edge.clock.now();
  return {
    apiKey: edge.keyring.open(service.keySealed),
    mode: service.mode,
    state: service.state === 'active' && isExpired ? 'expired' : service.state,
    planId: service.planId,
    plan: planOfService(edge.catalogue.plans, service.planId).name,
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
