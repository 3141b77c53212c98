import { sql, type Kysely } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';
import type { Schema } from '../schema.ts';

/** A party of the ledger: an agent's wallet, what was sold, or money that came from outside. */
type LedgerParty = 'sales' | 'funding' | { readonly agentId: AgentId };

/** Why money moves. */
type TransferKind = 'top-up' | 'create' | 'renew' | 'subscription' | 'refund' | 'reversal';

/** Money going from one party to another, for one reason, once. */
export interface Transfer {
  readonly kind: TransferKind;
  /** The same key never moves money twice. Null: no protection asked for. */
  readonly idempotencyKey: string | null;
  /** Says whether a repeated key means the same request. */
  readonly fingerprint: string;
  readonly from: LedgerParty;
  readonly to: LedgerParty;
  readonly amount: Cents;
  /** What was bought, where it is time: a service's, or without one the agent's own. */
  readonly bought?: { readonly serviceId: ServiceId | null; readonly months: number };
  /** For people who read the statement. */
  readonly note?: string;
  /** The transaction that this one takes back; it can be taken back once. */
  readonly reverses?: number;
}

/** What became of a transfer. */
export type TransferOutcome = 'moved' | 'repeated' | 'conflict';

/**
 * Writes a transfer as two entries that sum to zero, in the transaction it is given. The database
 * moves the wallet's balance with the entry and refuses one below zero (check
 * `agent_balance_not_negative`).
 * @returns `repeated` when this key moved this money before, `conflict` when it moved other money
 */
export async function moveMoney(
  transaction: Kysely<Schema>,
  transfer: Transfer,
): Promise<TransferOutcome> {
  const { rows } = await sql<{ id: number }>`
    WITH written AS (
      INSERT INTO ledger_transactions
        (kind, idempotency_key, fingerprint, service_id, months, note, reverses)
      VALUES (${transfer.kind}, ${transfer.idempotencyKey}, ${transfer.fingerprint},
              ${transfer.bought?.serviceId ?? null}, ${transfer.bought?.months ?? null},
              ${transfer.note ?? ''}, ${transfer.reverses ?? null})
      ON CONFLICT (idempotency_key) DO NOTHING
      RETURNING id),
    entries AS (
      INSERT INTO ledger_entries (transaction_id, account_id, amount_cents)
      SELECT written.id, movement.account_id, movement.amount_cents
      FROM written, (VALUES
        ((${accountOf(transfer.from)}), ${0 - transfer.amount}::bigint),
        ((${accountOf(transfer.to)}), ${transfer.amount}::bigint))
        AS movement(account_id, amount_cents)
      WHERE movement.amount_cents <> 0)
    SELECT id FROM written`.execute(transaction);
  return rows.length > 0 ? 'moved' : await judgeRepetition(transaction, transfer);
}

/** An agent's credit, or null when there is no such agent. */
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

function accountOf(party: LedgerParty) {
  return typeof party === 'string'
    ? sql`SELECT id FROM ledger_accounts WHERE kind = ${party}`
    : sql`SELECT id FROM ledger_accounts WHERE agent_id = ${party.agentId}`;
}
