import { priceOf, type Catalogue } from '../domain/catalogue.ts';
import { Problem } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import { stepLife } from '../domain/service-lifecycle.ts';
import { transfer } from '../ledger/transfer.ts';
import type { Agent } from '../storage/agents/agents.ts';
import type { Database } from '../storage/database.ts';
import { assertSubscribed } from './assert-subscribed.ts';
import { findRecentRenewal } from '../storage/ledger/find-recent-renewal.ts';
import { holdLife, saveLife } from '../storage/services/service-life.ts';

/** Renewals without a key that come again this soon are the same renewal. */
const REPEATED_WITHIN_MS = 60_000;

/** Months that an agent buys for a service. */
export interface Renewal {
  readonly serviceId: ServiceId;
  readonly agent: Agent;
  readonly months: number;
  readonly idempotencyKey: string | null;
}

/**
 * Renews a service and charges for it in one transaction. The address that does it is a GET, which
 * anything on the way may repeat: without a key the same renewal within a minute is the same one.
 * @returns `repeated` when it was done before; nothing was changed or charged now
 * @throws Problem `service_not_found`, `insufficient_credit`, `subscription_ended`,
 *   `idempotency_conflict`; nothing was done
 */
export async function renewService(
  database: Database,
  catalogue: Catalogue,
  { serviceId, agent, months, idempotencyKey }: Renewal,
): Promise<'renewed' | 'repeated'> {
  const { id: agentId } = agent;
  return await database.query.transaction().execute(async (transaction) => {
    const held = await holdLife(transaction, serviceId);
    if (held === null || held.agentId !== agentId) throw new Problem('service_not_found');
    const isRepeated =
      idempotencyKey === null &&
      (await findRecentRenewal(transaction, serviceId, months, REPEATED_WITHIN_MS));
    if (isRepeated) return 'repeated';
    const step = stepLife(held.life, { type: 'renew', months }, held.nowMs);
    if ('refusal' in step) throw new Problem(step.refusal);
    // The wallet after the service, as everywhere: two that buy never wait on each other.
    const outcome = await transfer(transaction, {
      kind: 'renew',
      idempotencyKey: idempotencyKey === null ? null : `renew:${agentId}:${idempotencyKey}`,
      fingerprint: `renew service ${serviceId}, ${months} months`,
      from: { agentId },
      to: 'sales',
      amount: priceOf(catalogue, held.planId, months),
      bought: { serviceId, months },
    });
    if (outcome === 'repeated') return 'repeated';
    assertSubscribed(catalogue, agent, held.nowMs);
    await saveLife(transaction, serviceId, step.life, 0);
    return 'renewed';
  });
}
