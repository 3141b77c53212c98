import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

const DUE = `
  SELECT service_id FROM unnest($1::bigint[]) AS mine(service_id)
  WHERE EXISTS (
    SELECT FROM messages m
    WHERE m.service_id = mine.service_id AND m.state IN ('accepted', 'ready') AND m.due_at <= now())`;

/** Which of these services have messages that are due. */
export async function listDueServices(
  pool: Pool,
  serviceIds: readonly ServiceId[],
): Promise<ServiceId[]> {
  if (serviceIds.length === 0) return [];
  const { rows } = await pool.query<{ service_id: ServiceId }>({ text: DUE, values: [serviceIds] });
  return rows.map((row) => row.service_id);
}
