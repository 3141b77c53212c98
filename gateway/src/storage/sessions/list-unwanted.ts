import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

const LIST = `
  SELECT s.service_id FROM sessions s JOIN services v ON v.id = s.service_id
  WHERE s.service_id = ANY($1) AND (NOT s.is_wanted OR v.state <> 'active')`;

/** @returns those of these services whose accounts are not to be connected any more */
export async function listUnwanted(
  pool: Pool,
  serviceIds: readonly ServiceId[],
): Promise<ServiceId[]> {
  const { rows } = await pool.query<{ service_id: ServiceId }>({
    name: 'list-unwanted',
    text: LIST,
    values: [serviceIds],
  });
  return rows.map((row) => row.service_id);
}
