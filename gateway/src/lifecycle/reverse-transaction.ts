import { Problem } from '../domain/errors.ts';
import type { AgentId, ServiceId } from '../domain/ids.ts';
import { cents } from '../domain/money.ts';
import { stepLife } from '../domain/service-lifecycle.ts';
import { transfer } from '../ledger/transfer.ts';
import { shortenSubscription } from '../storage/agents/subscription.ts';
import type { Database } from '../storage/database.ts';
import { findAgentTransaction } from '../storage/ledger/find-transaction.ts';
import { holdLife, saveLife } from '../storage/services/service-life.ts';

/** A transaction of an agent's that is to be taken back. */
export interface Reversal {
  readonly agentId: AgentId;
  readonly transactionId: number;
  /** For people who read the statement. */
  readonly note: string;
}

/** What was taken back. */
export interface ReversalOutcome {
  /** `repeated` when it had been taken back before; nothing was changed now. */
  readonly outcome: 'moved' | 'repeated';
  /** Whose time was taken back with the money, if it still has any. */
  readonly serviceId: ServiceId | null;
}

/**
 * Takes a transaction back by a new one with the opposite entries; where it had bought time, for a
 * service or for the agent itself, the time goes with the money. A removed service has none to give: there only the money
 * comes back. Each transaction is taken back at most once, whoever asks.
 * @throws Problem `transaction_not_found`; `wrong_state` for a reversal; `insufficient_credit` when a
 *   top-up was spent already; nothing was changed
 */
export async function reverseTransaction(
  database: Database,
  { agentId, transactionId, note }: Reversal,
): Promise<ReversalOutcome> {
  return await database.query.transaction().execute(async (transaction) => {
    const original = await findAgentTransaction(transaction, agentId, transactionId);
    if (original === null) throw new Problem('transaction_not_found');
    if (original.kind === 'reversal') {
      throw new Problem('wrong_state', 'A reversal can not be taken back.');
    }
    const { serviceId, months, amount, otherSide } = original;
    // The service before the wallet, as everywhere.
    const held = serviceId === null ? null : await holdLife(transaction, serviceId);
    const outcome = await transfer(transaction, {
      kind: 'reversal',
      idempotencyKey: `reversal:${transactionId}`,
      fingerprint: `reversal of ${transactionId}`,
      from: amount < 0 ? otherSide : { agentId },
      to: amount < 0 ? { agentId } : otherSide,
      amount: cents(Math.abs(amount)),
      reverses: transactionId,
      note,
      ...(months === null ? {} : { bought: { serviceId, months: -months } }),
    });
    if (outcome === 'moved' && held !== null && months !== null) {
      const step = stepLife(held.life, { type: 'take-back', months }, held.nowMs);
      if ('life' in step) await saveLife(transaction, held.serviceId, step.life, 0);
    }
    if (outcome === 'moved' && original.kind === 'subscription' && months !== null) {
      await shortenSubscription(transaction, agentId, months);
    }
    return { outcome, serviceId };
  });
}
