import type { Pool } from 'pg';

/** @returns what an idempotency key was used for, or null when it was not used yet */
export async function findFingerprint(pool: Pool, idempotencyKey: string): Promise<string | null> {
  const { rows } = await pool.query<{ fingerprint: string }>({
    name: 'find-fingerprint',
    text: 'SELECT fingerprint FROM ledger_transactions WHERE idempotency_key = $1',
    values: [idempotencyKey],
  });
  return rows[0]?.fingerprint ?? null;
}
