import type { Pool } from 'pg';

// A row that another process forgets, or uses anew at this moment, is passed over.
const FORGET_NAMED_CALLS = `
  WITH old AS (
    SELECT service_id, key FROM idempotency_keys
    WHERE used_at <= now() - $1 * interval '1 day'
    ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED)
  DELETE FROM idempotency_keys known USING old
  WHERE known.service_id = old.service_id AND known.key = old.key`;

/**
 * Forgets names of calls that are older than that. Any number of processes may do so at once.
 * @returns how many were forgotten: fewer than `countMax` when no more are left
 */
export async function forgetNamedCalls(
  pool: Pool,
  keptDays: number,
  countMax: number,
): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'forget-named-calls',
    text: FORGET_NAMED_CALLS,
    values: [keptDays, countMax],
  });
  return rowCount ?? 0;
}
