import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

/** @returns those of these services that want no connection any more */
export async function listUnwanted(
  pool: Pool,
  serviceIds: readonly ServiceId[],
): Promise<ServiceId[]> {
  const { rows } = await pool.query<{ service_id: ServiceId }>({
    name: 'list-unwanted',
    text: 'SELECT service_id FROM sessions WHERE service_id = ANY($1) AND NOT is_wanted',
    values: [serviceIds],
  });
  return rows.map((row) => row.service_id);
}

/** @returns whether a service wants a connection; false for one that is not there */
export async function findIsWanted(pool: Pool, serviceId: ServiceId): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'find-is-wanted',
    text: 'SELECT FROM sessions WHERE service_id = $1 AND is_wanted',
    values: [serviceId],
  });
  return rowCount === 1;
}
