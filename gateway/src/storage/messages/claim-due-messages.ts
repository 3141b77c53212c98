import type { Pool } from 'pg';
import type { Lease } from '../../domain/lease.ts';
import type { DueMessage } from '../../domain/message.ts';
import { believedNow } from '../clock/believed-now.ts';
import { assertHeld, heldUnder } from '../leases/fence.ts';
import { OF_ACTIVE_SERVICE } from './of-active-service.ts';
import { claimedMessageOf, CLAIMED_WITH_MEDIA, type ClaimedRow } from './claimed-message.ts';

const NOW = believedNow('$5');

// What is sent at once goes at once, however the clock was moved since it was accepted.
// Each kind is walked in its own part of the index, however many of the other wait.
const waiting = (isUrgent: boolean): string => `
  SELECT id, due_at FROM messages
  WHERE service_id = (SELECT service_id FROM held) AND ${OF_ACTIVE_SERVICE}
    AND is_urgent = ${isUrgent}
    AND state IN ('accepted', 'ready') AND due_at <= greatest(now(), ${NOW})
    AND (NOT is_scheduled OR due_at <= ${NOW})
    AND (expires_at IS NULL OR expires_at > ${NOW})
  ORDER BY due_at, id LIMIT $3 FOR UPDATE`;

// Places that one kind can not fill go to the other.
/** Of lease $1, $2; $3 messages, $4 places for urgent ones first; $5 as `believedMs`. */
export const CLAIM_DUE = `
  WITH ${heldUnder('$1', '$2')},
  urgent AS (${waiting(true)}),
  other AS (${waiting(false)}),
  due AS (
    (SELECT id FROM urgent ORDER BY due_at, id
     LIMIT greatest($4::int, $3::int - (SELECT count(*) FROM other)))
    UNION ALL
    (SELECT id FROM other ORDER BY due_at, id
     LIMIT $3::int - least($4::int, (SELECT count(*) FROM urgent)))),
  claimed AS (
    UPDATE messages m SET state = 'sending', attempts = m.attempts + 1, claim_epoch = $2,
                          executed_at = coalesce(m.executed_at, now()), doubt_since = now()
    FROM due WHERE m.service_id = $1 AND m.id = due.id
    RETURNING m.*)
  ${CLAIMED_WITH_MEDIA}
  ORDER BY m.is_urgent DESC, m.due_at, m.id`;

/** How many messages to take. */
export interface Places {
  readonly count: number;
  /** For so many of them urgent messages come first; for the rest, others do. */
  readonly urgentFirst: number;
  /** The time that this process believes; null for the database's. */
  readonly believedMs?: number | null;
}

/**
 * Takes a service's next due messages for sending, urgent ones first, each kind oldest first. Once
 * taken a message is in doubt until WhatsApp answers, so it is never cancelled, does not expire, and
 * is sent again after a crash.
 * @throws LeaseLost
 */
export async function claimDueMessages(
  pool: Pool,
  lease: Lease,
  places: Places,
): Promise<DueMessage[]> {
  const result = await pool.query<ClaimedRow>({
    text: CLAIM_DUE,
    values: [
      lease.serviceId,
      lease.epoch,
      places.count,
      places.urgentFirst,
      places.believedMs ?? null,
    ],
  });
  if (result.rows.length === 0) await assertHeld(pool, lease);
  return result.rows.map((row) => claimedMessageOf(lease.serviceId, row));
}
