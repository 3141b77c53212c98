import type { Pool } from 'pg';
import type { WhatsAppId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { CRASHES_OF_PRIME_SUSPECT } from '../../domain/message-life.ts';
import type { MessageInDoubt } from '../../domain/message.ts';
import { assertHeld, heldUnder } from '../leases/fence.ts';
import { claimedMessageOf, CLAIMED_WITH_MEDIA, type ClaimedRow } from './claimed-message.ts';

const AS_HANDED_OVER = 'm.doubt_since, m.is_urgent DESC, m.due_at, m.id';

// All up to the first suspect; or that suspect alone, with a commit of its own, so that the crash it
// may cause is counted against it and nobody else.
const CLAIM_DOUBTS = `
  WITH ${heldUnder('$1', '$2')},
  doubts AS (
    SELECT * FROM messages m
    WHERE service_id = (SELECT service_id FROM held) AND state = 'sending'
      AND whatsapp_id <> ALL ($3::text[]) AND crashes <> ${CRASHES_OF_PRIME_SUSPECT}
    ORDER BY ${AS_HANDED_OVER} FOR UPDATE),
  placed AS (
    SELECT id, row_number() OVER in_order AS place,
           count(*) FILTER (WHERE crashes > 0) OVER in_order AS suspects
    FROM doubts m WINDOW in_order AS (ORDER BY ${AS_HANDED_OVER})),
  claimed AS (
    UPDATE messages m SET attempts = m.attempts + 1, claim_epoch = $2
    FROM placed WHERE m.service_id = $1 AND m.id = placed.id AND (suspects = 0 OR place = 1)
    RETURNING m.*, (SELECT count(*) FROM doubts) AS all_count)
  ${CLAIMED_WITH_MEDIA.replace('SELECT', 'SELECT m.all_count,')}
  ORDER BY ${AS_HANDED_OVER}`;

const CLAIM_PRIME_SUSPECT = `
  WITH ${heldUnder('$1', '$2')},
  doubts AS (
    SELECT id FROM messages m
    WHERE service_id = (SELECT service_id FROM held) AND state = 'sending'
      AND whatsapp_id <> ALL ($3::text[]) AND crashes = ${CRASHES_OF_PRIME_SUSPECT}
    ORDER BY ${AS_HANDED_OVER} LIMIT 1 FOR UPDATE),
  claimed AS (
    UPDATE messages m SET attempts = m.attempts + 1, claim_epoch = $2
    FROM doubts WHERE m.service_id = $1 AND m.id = doubts.id
    RETURNING m.*)
  ${CLAIMED_WITH_MEDIA}`;

/** What was claimed of a service's messages in doubt. */
export interface ClaimedDoubts {
  /** In order. */
  readonly messages: MessageInDoubt[];
  /** Whether some are left to be claimed. */
  readonly hasMore: boolean;
}

/**
 * Takes the service's messages that were handed over earlier without an answer, oldest first: they
 * go again, before new ones, under the same WhatsApp id. Counts the attempt. A suspect, whose
 * hand-over an earlier process did not survive, comes alone; a prime suspect does not come at all.
 * @param except those on their way now
 * @throws LeaseLost
 */
export async function claimDoubts(
  pool: Pool,
  lease: Lease,
  except: readonly WhatsAppId[],
): Promise<ClaimedDoubts> {
  const { rows } = await pool.query<ClaimedRow & { all_count: number }>({
    text: CLAIM_DOUBTS,
    values: [lease.serviceId, lease.epoch, except],
  });
  if (rows.length === 0) await assertHeld(pool, lease);
  const messages = rows.map((row) => inDoubt(lease, row));
  return { messages, hasMore: messages.length < (rows[0]?.all_count ?? 0) };
}

/**
 * Takes the service's oldest message in doubt that would be set aside after one more crash.
 * @param except those on their way now
 * @throws LeaseLost
 */
export async function claimPrimeSuspect(
  pool: Pool,
  lease: Lease,
  except: readonly WhatsAppId[],
): Promise<MessageInDoubt | null> {
  const { rows } = await pool.query<ClaimedRow>({
    text: CLAIM_PRIME_SUSPECT,
    values: [lease.serviceId, lease.epoch, except],
  });
  const [row] = rows;
  if (row === undefined) await assertHeld(pool, lease);
  return row === undefined ? null : inDoubt(lease, row);
}

function inDoubt({ serviceId }: Lease, row: ClaimedRow): MessageInDoubt {
  const { crashes, in_doubt_ms: inDoubtMs } = row;
  return { ...claimedMessageOf(serviceId, row), crashes, inDoubtMs };
}
