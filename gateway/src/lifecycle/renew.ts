import { priceOf, type Catalogue } from '../domain/catalogue.ts';
import { Problem } from '../domain/errors.ts';
import type { AgentId, ServiceId } from '../domain/ids.ts';
import { cents } from '../domain/money.ts';
import { stepLife } from '../domain/service-lifecycle.ts';
import { transfer } from '../ledger/transfer.ts';
import type { Database } from '../storage/database.ts';
import { findRecentRenewal } from '../storage/ledger/find-recent-renewal.ts';
import { holdLife, saveLife } from '../storage/services/service-life.ts';
import { assertSubscribed } from './assert-subscribed.ts';

/** Renewals without a key that come again this soon are the same renewal. */
const REPEATED_WITHIN_MS = 60_000;

/** Months that somebody buys for a service. */
export interface Renewal {
  readonly serviceId: ServiceId;
  /** Whose service it is and who pays; null for the operator's own, which costs nothing. */
  readonly agentId: AgentId | null;
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
  { serviceId, agentId, months, idempotencyKey }: Renewal,
): Promise<'renewed' | 'repeated'> {
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
      idempotencyKey:
        idempotencyKey === null ? null : `renew:${agentId ?? 'operator'}:${idempotencyKey}`,
      fingerprint: `renew service ${serviceId}, ${months} months`,
      from: agentId === null ? 'funding' : { agentId },
      to: 'sales',
      amount: agentId === null ? cents(0) : priceOf(catalogue, held.planId, months),
      bought: { serviceId, months },
    });
    if (outcome === 'repeated') return 'repeated';
    await assertSubscribed(transaction, catalogue, agentId);
    await saveLife(transaction, serviceId, step.life, 0);
    return 'renewed';
  });
}
