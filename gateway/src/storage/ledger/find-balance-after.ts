import type { Kysely } from 'kysely';
import type { AgentId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';
import type { Schema } from '../schema.ts';

/**
 * An agent's credit right after the transaction of this idempotency key: what was answered then.
 * @returns null when that transaction moved nothing in its wallet
 */
export async function findBalanceAfter(
  transaction: Kysely<Schema>,
  agentId: AgentId,
  idempotencyKey: string,
): Promise<Cents | null> {
  const row = await transaction
    .selectFrom('ledger_entries')
    .innerJoin('ledger_accounts', 'ledger_accounts.id', 'ledger_entries.account_id')
    .innerJoin('ledger_transactions', 'ledger_transactions.id', 'ledger_entries.transaction_id')
    .select('ledger_entries.balance_cents')
    .where('ledger_transactions.idempotency_key', '=', idempotencyKey)
    .where('ledger_accounts.agent_id', '=', agentId)
    .executeTakeFirst();
  return (row?.balance_cents ?? null) as Cents | null;
}
