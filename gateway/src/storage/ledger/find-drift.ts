import type { Pool } from 'pg';

/** A wallet whose balance is not the sum of its entries. */
interface DriftedWallet {
  readonly agentId: number;
  readonly balance: number;
  readonly entries: number;
}

/** What a look at all books has found. */
export interface Reconciliation {
  readonly wallets: number;
  readonly drifted: readonly DriftedWallet[];
  /** Of all entries; anything but 0 is money from nowhere. */
  readonly sum: number;
}

// Of one snapshot: purchases that go on meanwhile are seen whole or not at all.
const FIND = `
  WITH sums AS (
    SELECT account_id, sum(amount_cents)::bigint AS cents FROM ledger_entries GROUP BY account_id)
  SELECT a.agent_id AS "agentId", a.balance_cents AS balance, coalesce(s.cents, 0) AS entries,
         count(*) FILTER (WHERE a.kind = 'agent') OVER ()::int AS wallets,
         sum(coalesce(s.cents, 0)) OVER ()::bigint AS sum
  FROM ledger_accounts a LEFT JOIN sums s ON s.account_id = a.id
  ORDER BY (a.kind = 'agent' AND a.balance_cents <> coalesce(s.cents, 0)) DESC, a.id
  LIMIT $1`;

const DRIFTED_MAX = 100;

/** Compares every wallet's balance with its entries, and all entries with each other. */
export async function findDrift(pool: Pool): Promise<Reconciliation> {
  const { rows } = await pool.query<DriftedWallet & { wallets: number; sum: number }>(FIND, [
    DRIFTED_MAX,
  ]);
  const drifted = rows
    .filter(({ agentId, balance, entries }) => agentId !== null && balance !== entries)
    .map(({ agentId, balance, entries }) => ({ agentId, balance, entries }));
  return { wallets: rows[0]?.wallets ?? 0, sum: rows[0]?.sum ?? 0, drifted };
}
