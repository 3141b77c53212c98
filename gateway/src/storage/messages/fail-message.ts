import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { writeFenced } from '../leases/fence.ts';

const FAIL = `
  UPDATE messages SET state = 'failed', failure = $4
  FROM held
  WHERE messages.service_id = held.service_id AND id = $3 AND state = 'sending'`;

/**
 * Ends a message that was being sent with a public reason.
 * @param reason a stable code such as `not_on_whatsapp`
 * @throws LeaseLost
 */
export async function failMessage(
  pool: Pool,
  lease: Lease,
  id: MessageId,
  reason: string,
): Promise<void> {
  await writeFenced(pool, lease, FAIL, [id, reason]);
}
