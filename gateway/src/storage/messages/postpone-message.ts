import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { writeFenced } from '../leases/fence.ts';

const POSTPONE = `
  UPDATE messages SET state = 'ready', due_at = now() + make_interval(secs => $4)
  FROM held
  WHERE messages.service_id = held.service_id AND id = $3 AND state = 'sending'`;

/**
 * Puts a message that certainly was not handed to WhatsApp back into the queue for later; its
 * attempt counts.
 * @throws LeaseLost
 */
export async function postponeMessage(
  pool: Pool,
  lease: Lease,
  id: MessageId,
  delayMs: number,
): Promise<void> {
  await writeFenced(pool, lease, POSTPONE, [id, delayMs / 1000]);
}
