import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

const UNWANTED = `
  SELECT mine.service_id FROM unnest($1::bigint[]) AS mine(service_id)
  JOIN sessions s ON s.service_id = mine.service_id
  JOIN services v ON v.id = mine.service_id
  WHERE (NOT s.is_wanted OR v.state <> 'active')
    AND NOT (s.is_linked AND coalesce(s.unlink_until > now(), false))`;

/** Which of these accounts are not to be connected any more. */
export async function listUnwanted(
  pool: Pool,
  serviceIds: readonly ServiceId[],
): Promise<ServiceId[]> {
  if (serviceIds.length === 0) return [];
  const { rows } = await pool.query<{ service_id: ServiceId }>({
    text: UNWANTED,
    values: [serviceIds],
  });
  return rows.map((row) => row.service_id);
}
