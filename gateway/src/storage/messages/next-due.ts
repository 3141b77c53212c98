import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

const NEXT_DUE = `
  SELECT (extract(epoch FROM due_at - now()) * 1000)::float8 AS wait_ms
  FROM messages
  WHERE service_id = $1 AND state IN ('accepted', 'ready')
  ORDER BY due_at LIMIT 1`;

/**
 * How long until the service's next waiting message is due, by the database's clock.
 * @returns milliseconds (0 or less: due now), or null when nothing waits
 */
export async function nextDueInMs(pool: Pool, serviceId: ServiceId): Promise<number | null> {
  const result = await pool.query<{ wait_ms: number }>({
    text: NEXT_DUE,
    values: [serviceId],
  });
  return result.rows[0]?.wait_ms ?? null;
}
