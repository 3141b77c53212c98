import { sql, type Kysely } from 'kysely';
import type { AgentId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';
import type { Schema } from '../schema.ts';

/** A party of the ledger: an agent's wallet, what was sold, or money that came from outside. */
type LedgerParty = 'sales' | 'funding' | { readonly agentId: AgentId };

/** Money going from one party to another, for one reason, once. */
export interface Transfer {
  readonly kind: 'top-up' | 'create' | 'renew' | 'refund';
  /** The same key never moves money twice. Null: no protection asked for. */
  readonly idempotencyKey: string | null;
  /** Says whether a repeated key means the same request. */
  readonly fingerprint: string;
  readonly from: LedgerParty;
  readonly to: LedgerParty;
  readonly amount: Cents;
}

/** What became of a transfer. */
export type TransferOutcome = 'moved' | 'repeated' | 'conflict';

/**
 * Writes a transfer as two entries that sum to zero and moves both balances, in the transaction it
 * is given. The database itself refuses a wallet below zero (check `agent_balance_not_negative`).
 * @returns `repeated` when this key moved this money before, `conflict` when it moved other money
 */
export async function moveMoney(
  transaction: Kysely<Schema>,
  transfer: Transfer,
): Promise<TransferOutcome> {
  const inserted = await transaction
    .insertInto('ledger_transactions')
    .values({
      kind: transfer.kind,
      idempotency_key: transfer.idempotencyKey,
      fingerprint: transfer.fingerprint,
    })
    .onConflict((conflict) => conflict.column('idempotency_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted === undefined) return await judgeRepetition(transaction, transfer);
  if (transfer.amount === 0) return 'moved';
  const movements = [
    { account: await accountOf(transaction, transfer.from), amount: 0 - transfer.amount },
    { account: await accountOf(transaction, transfer.to), amount: transfer.amount },
  ];
  // Row locks are always taken in the order of ids, so that two transfers never wait on each other.
  for (const movement of movements.toSorted((a, b) => a.account - b.account)) {
    await transaction
      .updateTable('ledger_accounts')
      .set({ balance_cents: sql<number>`balance_cents + ${movement.amount}` })
      .where('id', '=', movement.account)
      .execute();
  }
  await transaction
    .insertInto('ledger_entries')
    .values(
      movements.map((movement) => ({
        transaction_id: inserted.id,
        account_id: movement.account,
        amount_cents: movement.amount,
      })),
    )
    .execute();
  return 'moved';
}

/** An agent's credit. */
export async function findCredit(
  transaction: Kysely<Schema>,
  agentId: AgentId,
): Promise<Cents | null> {
  const row = await transaction
    .selectFrom('ledger_accounts')
    .select('balance_cents')
    .where('agent_id', '=', agentId)
    .executeTakeFirst();
  return (row?.balance_cents ?? null) as Cents | null;
}

async function judgeRepetition(
  transaction: Kysely<Schema>,
  transfer: Transfer,
): Promise<TransferOutcome> {
  const earlier = await transaction
    .selectFrom('ledger_transactions')
    .select(['kind', 'fingerprint'])
    .where('idempotency_key', '=', transfer.idempotencyKey)
    .executeTakeFirstOrThrow();
  const isSame = earlier.kind === transfer.kind && earlier.fingerprint === transfer.fingerprint;
  return isSame ? 'repeated' : 'conflict';
}

async function accountOf(transaction: Kysely<Schema>, party: LedgerParty): Promise<number> {
  const accounts = transaction.selectFrom('ledger_accounts').select('id');
  const { id } = await (
    typeof party === 'string'
      ? accounts.where('kind', '=', party)
      : accounts.where('agent_id', '=', party.agentId)
  ).executeTakeFirstOrThrow();
  return id;
}
