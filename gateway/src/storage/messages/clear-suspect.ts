import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { writeFenced } from '../leases/fence.ts';

const CLEAR = `
  UPDATE messages SET crashes = 0, claim_epoch = NULL
  FROM held
  WHERE messages.service_id = held.service_id AND id = $3 AND state = 'sending'`;

/**
 * A suspect was handed over and the process lives: it is none any more, and whatever kills the
 * process from now on was somebody else.
 * @throws LeaseLost
 */
export async function clearSuspect(pool: Pool, lease: Lease, id: MessageId): Promise<void> {
  await writeFenced(pool, lease, CLEAR, [id]);
}
