import type { Pool } from 'pg';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Candidate } from '../../domain/pace.ts';
import { writeFenced } from '../leases/fence.ts';
import { believedNow } from '../clock/believed-now.ts';
import { OF_ACTIVE_SERVICE } from '../messages/of-active-service.ts';

/** As many of the queue are looked at, of each kind. */
const QUEUE_COUNT = 32;
/** Held messages wait for one thing only, so the first will do; a few more in case one just went. */
const HELD_COUNT = 4;

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const NOW = believedNow('$3');

const inQueue = (isUrgent: boolean): string => `
  (SELECT id, chat, is_group, is_urgent, due_at, text, false AS is_held FROM messages
   WHERE service_id = $1 AND ${OF_ACTIVE_SERVICE} AND is_urgent = ${isUrgent} AND state IN ('accepted', 'ready')
     AND due_at <= greatest(now(), ${NOW}) AND (NOT is_scheduled OR due_at <= ${NOW})
     AND (expires_at IS NULL OR expires_at > ${NOW})
   ORDER BY due_at, id LIMIT ${QUEUE_COUNT})`;

const HELD = `
  (SELECT id, chat, is_group, is_urgent, due_at, text, true AS is_held FROM messages
   WHERE $2::boolean AND ${OF_ACTIVE_SERVICE} AND service_id = $1 AND state = 'held'
     AND (expires_at IS NULL OR expires_at > ${NOW})
   ORDER BY is_urgent DESC, due_at, id LIMIT ${HELD_COUNT})`;

/** One look at the chat's row each, never at all chats of the service, whatever the planner guesses. */
const chatOf = (messages: string): string => `
  LEFT JOIN LATERAL (
    SELECT last_sent_at, last_received_at, paid_until FROM chats
    WHERE chats.service_id = $1 AND chats.chat = ${messages}.chat LIMIT 1) c ON true`;

const FIND_CANDIDATES = `
  SELECT m.id, m.chat, m.is_group AS "isGroup", m.is_urgent AS "isUrgent", m.is_held AS "isHeld",
         CASE WHEN m.text <> '' THEN hashtextextended(m.text, 0)::text END AS "textPrint",
         ${ms('c.last_sent_at')} AS "lastSentAtMs",
         ${ms('c.last_received_at')} AS "lastReceivedAtMs",
         coalesce(${ms('c.paid_until')}, 0) AS "chatPaidUntilMs"
  FROM (${inQueue(true)} UNION ALL ${inQueue(false)} UNION ALL ${HELD}) m
  ${chatOf('m')}
  ORDER BY m.is_urgent DESC, m.due_at, m.id`;

const headOfQueue = (isUrgent: boolean): string => `
  SELECT id, chat, is_group FROM messages
  WHERE service_id = (SELECT service_id FROM held) AND is_urgent = ${isUrgent}
    AND state IN ('accepted', 'ready') AND due_at <= ${believedNow('$5')}
  ORDER BY due_at, id LIMIT $3 FOR UPDATE`;

// Due messages to people who were never written to and have not written lately. They are locked
// before, so their state is not asked for again: the planner would take it for a reason to read the
// queue once more for each of them.
const HOLD_STRANGERS = `
  , urgent AS (${headOfQueue(true)}),
  other AS (${headOfQueue(false)}),
  strangers AS (
    SELECT head.id FROM (SELECT * FROM urgent UNION ALL SELECT * FROM other) head
    ${chatOf('head')}
    WHERE NOT head.is_group AND c.last_sent_at IS NULL
      AND (c.last_received_at IS NULL
           OR c.last_received_at < now() - make_interval(secs => $4::float8)))
  UPDATE messages m SET state = 'held'
  FROM strangers WHERE m.service_id = $1 AND m.id = strangers.id`;

/** A waiting message that may be the next. */
export interface WaitingCandidate extends Candidate {
  readonly id: MessageId;
  readonly isUrgent: boolean;
  readonly isHeld: boolean;
}

/**
 * The first of a service's due messages, urgent ones first, each kind oldest first, with what is
 * known about their chats.
 * @param withHeld whether those that were held back may go now, too
 * @param believedMs the time that this process believes; null for the database's
 */
export async function findCandidates(
  pool: Pool,
  serviceId: ServiceId,
  withHeld: boolean,
  believedMs: number | null = null,
): Promise<WaitingCandidate[]> {
  const { rows } = await pool.query<WaitingCandidate>({
    text: FIND_CANDIDATES,
    values: [serviceId, withHeld, believedMs],
  });
  return rows;
}

/**
 * Holds back, from the head of the queue, messages that would begin a new chat, so that those behind
 * them are found. A message is held once, so this costs each message one more update in its life.
 * @param countMax how far from the head to look
 * @param replySeconds who wrote within this time is no stranger
 * @param believedMs as above
 * @returns how many were held
 * @throws LeaseLost
 */
export async function holdStrangers(
  pool: Pool,
  lease: Lease,
  countMax: number,
  replySeconds: number,
  believedMs: number | null = null,
): Promise<number> {
  return await writeFenced(pool, lease, HOLD_STRANGERS, [countMax, replySeconds, believedMs]);
}
