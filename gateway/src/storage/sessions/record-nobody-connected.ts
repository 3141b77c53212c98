import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

const RECORD = `
  UPDATE sessions s SET state = 'disconnected', detail = NULL, qr = NULL, changed_at = now()
  FROM leases l
  WHERE s.service_id = $1 AND l.service_id = $1 AND l.worker_id IS NULL
    AND NOT s.is_wanted AND s.state <> 'disconnected'`;

/** Corrects what the last holder of an unwanted account left in its row, if nobody holds it now. */
export async function recordNobodyConnected(pool: Pool, serviceId: ServiceId): Promise<void> {
  await pool.query({ name: 'record-nobody-connected', text: RECORD, values: [serviceId] });
}
