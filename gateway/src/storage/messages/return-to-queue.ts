import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { writeFenced } from '../leases/fence.ts';

const RETURN = `
  UPDATE messages SET state = 'ready', attempts = attempts - 1
  FROM held
  WHERE messages.service_id = held.service_id AND id = ANY($3::bigint[]) AND state = 'sending'`;

/**
 * Puts back messages that were claimed but certainly not handed to WhatsApp. Their attempt does
 * not count.
 * @throws LeaseLost
 */
export async function returnToQueue(
  pool: Pool,
  lease: Lease,
  ids: readonly MessageId[],
): Promise<void> {
  if (ids.length > 0) await writeFenced(pool, lease, RETURN, [ids]);
}
