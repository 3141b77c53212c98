import type { AgentId, ServiceId } from '../../domain/ids.ts';

/** A service as the rest of the gateway knows it. */
export interface Service {
  readonly id: ServiceId;
  readonly agentId: AgentId | null;
  readonly mode: 'test' | 'live';
  readonly planId: number;
  readonly state: 'active' | 'suspended' | 'removed';
  /** Digits that replace a leading 0, or null when none was set. */
  readonly countryCode: string | null;
  readonly receivesMessages: boolean;
  readonly expiresAt: Date;
}

/** The columns of a Service, for every query that answers one. */
export const SERVICE_COLUMNS = [
  'services.id',
  'services.agent_id as agentId',
  'services.mode',
  'services.plan_id as planId',
  'services.state',
  'services.country_code as countryCode',
  'services.receives_messages as receivesMessages',
  'services.expires_at as expiresAt',
] as const;
