import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

const COUNT_WAITING = `
  SELECT (SELECT count(*) FROM messages
          WHERE service_id = $1 AND state IN ('accepted', 'ready') AND due_at <= now()) AS waiting,
         (SELECT count(*) FROM messages WHERE service_id = $1 AND state = 'held') AS held`;

/** How many of a service's due messages wait in its queue, and how many pacing holds aside. */
export async function countWaiting(
  pool: Pool,
  serviceId: ServiceId,
): Promise<{ readonly waiting: number; readonly held: number }> {
  const { rows } = await pool.query<{ waiting: number; held: number }>(COUNT_WAITING, [serviceId]);
  return rows[0] ?? { waiting: 0, held: 0 };
}
