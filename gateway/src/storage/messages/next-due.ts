import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import { believedNow } from '../clock/believed-now.ts';
import { OF_ACTIVE_SERVICE } from './of-active-service.ts';

const NOW = believedNow('$2');

// Urgent and other messages lie apart in the index.
const nextOf = (isUrgent: boolean): string => `
  (SELECT due_at FROM messages
   WHERE service_id = $1 AND ${OF_ACTIVE_SERVICE} AND is_urgent = ${isUrgent} AND state IN ('accepted', 'ready')
     AND (expires_at IS NULL OR expires_at > greatest(due_at, ${NOW}))
   ORDER BY due_at LIMIT 1)`;

const NEXT_DUE = `
  SELECT (extract(epoch FROM least(${nextOf(true)}, ${nextOf(false)}) - ${NOW}) * 1000)::float8
         AS wait_ms`;

/**
 * How long until the service's next waiting message is due, by the database's clock.
 * @param believedMs the time that this process believes; null for the database's
 * @returns milliseconds (0 or less: due now), or null when nothing waits
 */
export async function nextDueInMs(
  pool: Pool,
  serviceId: ServiceId,
  believedMs: number | null = null,
): Promise<number | null> {
  const result = await pool.query<{ wait_ms: number | null }>({
    text: NEXT_DUE,
    values: [serviceId, believedMs],
  });
  return result.rows[0]?.wait_ms ?? null;
}
