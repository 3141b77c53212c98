import type { Kysely } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';
import type { Schema } from '../schema.ts';

/** A transaction as the agent that took part in it sees it. */
export interface AgentTransaction {
  readonly kind: string;
  /** What it added to the wallet; less than nothing for a charge. */
  readonly amount: Cents;
  /** Where the money came from, or went. */
  readonly otherSide: 'sales' | 'funding';
  readonly serviceId: ServiceId | null;
  readonly months: number | null;
}

/** @returns null when there is no such transaction, or when the agent has no part in it */
export async function findAgentTransaction(
  transaction: Kysely<Schema>,
  agentId: AgentId,
  id: number,
): Promise<AgentTransaction | null> {
  const row = await transaction
    .selectFrom('ledger_transactions as t')
    .innerJoin('ledger_entries as mine', 'mine.transaction_id', 't.id')
    .innerJoin('ledger_accounts as wallet', 'wallet.id', 'mine.account_id')
    .innerJoin('ledger_entries as others', 'others.transaction_id', 't.id')
    .innerJoin('ledger_accounts as side', 'side.id', 'others.account_id')
    .select([
      't.kind',
      'mine.amount_cents as amount',
      'side.kind as otherSide',
      't.service_id as serviceId',
      't.months',
    ])
    .where('t.id', '=', id)
    .where('wallet.agent_id', '=', agentId)
    .where('side.kind', '<>', 'agent')
    .executeTakeFirst();
  return (row ?? null) as AgentTransaction | null;
}
