import {
  extendSubscription,
  subscriptionPriceOf,
  type AgentSubscription,
} from '../domain/catalogue.ts';
import { Problem } from '../domain/errors.ts';
import type { AgentId } from '../domain/ids.ts';
import { transfer } from '../ledger/transfer.ts';
import { holdSubscription, saveSubscription } from '../storage/agents/subscription.ts';
import type { Database } from '../storage/database.ts';

/** Months of an agent's own subscription. */
export interface Subscribing {
  readonly agentId: AgentId;
  readonly months: number;
  /** The money did not come by the wallet: it is noted as coming in and going out at once. */
  readonly isPaidOutside: boolean;
  readonly idempotencyKey: string | null;
}

/**
 * Sells or extends an agent's subscription, and charges its wallet, in one transaction.
 * @returns when it ends now, and whether this had been done before and changed nothing
 * @throws Problem `agent_not_found`, `insufficient_credit`, `idempotency_conflict`
 */
export async function subscribeAgent(
  database: Database,
  subscription: AgentSubscription,
  { agentId, months, isPaidOutside, idempotencyKey }: Subscribing,
): Promise<{ endsAtMs: number; isRepeated: boolean }> {
  return await database.query.transaction().execute(async (transaction) => {
    const held = await holdSubscription(transaction, agentId);
    if (held === null) throw new Problem('agent_not_found');
    const amount = subscriptionPriceOf(subscription, months);
    const name = idempotencyKey === null ? null : `${agentId}:${idempotencyKey}`;
    if (isPaidOutside) {
      await transfer(transaction, {
        kind: 'top-up',
        idempotencyKey: name === null ? null : `paid-outside:${name}`,
        fingerprint: `paid outside, subscription of ${months} months`,
        from: 'funding',
        to: { agentId },
        amount,
        note: 'paid outside',
      });
    }
    const outcome = await transfer(transaction, {
      kind: 'subscription',
      idempotencyKey: name === null ? null : `subscription:${name}`,
      fingerprint: `subscription of ${months} months${isPaidOutside ? ', paid outside' : ''}`,
      from: { agentId },
      to: 'sales',
      amount,
      bought: { serviceId: null, months },
    });
    const { nowMs } = held;
    if (outcome === 'repeated') return { endsAtMs: held.endsAtMs ?? nowMs, isRepeated: true };
    const endsAtMs = extendSubscription(held.endsAtMs, months, nowMs);
    await saveSubscription(transaction, agentId, endsAtMs);
    return { endsAtMs, isRepeated: false };
  });
}
