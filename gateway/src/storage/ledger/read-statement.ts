import type { Pool } from 'pg';
import type { AgentId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';

/** One entry of a wallet. */
export interface StatementLine {
  /** Its place among the wallet's entries, from 1. */
  readonly position: number;
  readonly transactionId: number;
  readonly at: Date;
  readonly kind: string;
  /** The first letters of the key of the service it is about, or null. */
  readonly servicePrefix: string | null;
  readonly months: number | null;
  readonly note: string;
  /** The transaction that this one takes back. */
  readonly reverses: number | null;
  readonly amount: Cents;
  /** What was in the wallet afterwards. */
  readonly balance: Cents;
}

/** Which entries. */
export interface StatementRange {
  /** Milliseconds since 1970. */
  readonly fromMs: number;
  /** Not included. */
  readonly untilMs: number;
  /** Those after this place. */
  readonly afterPosition: number;
  readonly countMax: number;
}

const READ = `
  SELECT e.position, t.id AS "transactionId", t.created_at AS at, t.kind,
         v.key_prefix AS "servicePrefix", t.months, t.note, t.reverses,
         e.amount_cents AS amount, e.balance_cents AS balance
  FROM ledger_accounts a
  JOIN ledger_entries e ON e.account_id = a.id AND e.position > $2
  JOIN ledger_transactions t ON t.id = e.transaction_id
  LEFT JOIN services v ON v.id = t.service_id
  WHERE a.agent_id = $1
    AND t.created_at >= to_timestamp($3::float8 / 1000) AND t.created_at < to_timestamp($4::float8 / 1000)
  ORDER BY e.position LIMIT $5`;

/** An agent's entries in the order in which they moved its balance. */
export async function readStatement(
  pool: Pool,
  agentId: AgentId,
  { fromMs, untilMs, afterPosition, countMax }: StatementRange,
): Promise<StatementLine[]> {
  const { rows } = await pool.query<StatementLine>({
    name: 'read-statement',
    text: READ,
    values: [agentId, afterPosition, fromMs, untilMs, countMax],
  });
  return rows;
}
