import { Type, type Static } from '@sinclair/typebox';
import { CONNECTION_STATES } from '../../domain/connection-state.ts';
import { planOf } from '../../domain/plans.ts';
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
    plan: planOf(service.planId).name,
    number: service.phone ?? '',
    connection: service.connectionState,
    connectionStatus: CONNECTION_STATES[service.connectionState],
    queueDepth: service.queueDepth,
    expiresAt: service.expiresAt.toISOString(),
    agentId: service.agentId,
  };
}
