import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { DueMessage } from '../../domain/message.ts';
import { believedNow } from '../clock/believed-now.ts';
import { assertHeld, heldUnder } from '../leases/fence.ts';
import {
  claimedMessageOf,
  CLAIMED_WITH_MEDIA,
  type ClaimedRow,
} from '../messages/claimed-message.ts';
import { OF_ACTIVE_SERVICE } from '../messages/of-active-service.ts';

const NOW = believedNow('$10');

// `IS TRUE` keeps the planner from looking for it by anything but its id.
// One commit: the message is taken, and nobody who looks afterwards, in whatever process, finds the
// account as it was before. The chat is known from now on, so nothing of it is held any more.
const CLAIM_CHOSEN = `
  WITH ${heldUnder('$1', '$2')},
  claimed AS (
    UPDATE messages m SET state = 'sending', attempts = m.attempts + 1, claim_epoch = $2,
                          executed_at = coalesce(m.executed_at, now()), doubt_since = now()
    WHERE m.service_id = (SELECT service_id FROM held) AND ${OF_ACTIVE_SERVICE} AND m.id = $3 AND m.state IN ('accepted', 'ready', 'held')
      AND (m.due_at <= greatest(now(), ${NOW})) IS TRUE
      AND (NOT m.is_scheduled OR m.due_at <= ${NOW}) IS TRUE
      AND (m.expires_at IS NULL OR m.expires_at > ${NOW})
    RETURNING m.*),
  chat AS (
    INSERT INTO chats (service_id, chat, opened_at, opened_print, last_sent_at, paid_until)
    SELECT service_id, chat, CASE WHEN $5::boolean THEN to_timestamp($4::float8 / 1000) END,
           CASE WHEN $5::boolean THEN $6::bigint END, to_timestamp($4::float8 / 1000),
           to_timestamp($7::float8 / 1000)
    FROM claimed
    ON CONFLICT (service_id, chat) DO UPDATE SET
      opened_at = coalesce(chats.opened_at, excluded.opened_at),
      opened_print = coalesce(chats.opened_print, excluded.opened_print),
      last_sent_at = excluded.last_sent_at, paid_until = excluded.paid_until),
  pace AS (
    UPDATE paces SET next_at = to_timestamp($8::float8 / 1000),
                     next_opening_at = to_timestamp($9::float8 / 1000)
    FROM claimed WHERE paces.service_id = $1),
  freed AS (
    UPDATE messages o SET state = 'ready'
    FROM claimed WHERE o.service_id = $1 AND o.chat = claimed.chat AND o.state = 'held'
      AND o.id <> claimed.id)
  ${CLAIMED_WITH_MEDIA}`;

/** A message that was chosen, and what follows from sending it. Times as in `Pace`. */
export interface ChosenMessage {
  readonly id: MessageId;
  readonly atMs: number;
  /** Whether it begins a chat, ... */
  readonly isOpening: boolean;
  /** ... and with which text. */
  readonly textPrint: string | null;
  readonly chatPaidUntilMs: number;
  readonly nextAtMs: number;
  readonly nextOpeningAtMs: number;
  /** The time that this process believes; null for the database's. */
  readonly believedMs?: number | null;
}

/**
 * Takes the one message that pacing chose, as `claimDueMessages` takes many, and keeps the pace that
 * follows.
 * @returns null when the message does not wait any more: cancelled or expired meanwhile
 * @throws LeaseLost
 */
export async function claimChosen(
  pool: Pool,
  lease: Lease,
  chosen: ChosenMessage,
): Promise<DueMessage | null> {
  const { rows } = await pool.query<ClaimedRow>({
    name: 'claim-chosen',
    text: CLAIM_CHOSEN,
    values: [
      lease.serviceId,
      lease.epoch,
      chosen.id,
      chosen.atMs,
      chosen.isOpening,
      chosen.textPrint,
      chosen.chatPaidUntilMs,
      chosen.nextAtMs,
      chosen.nextOpeningAtMs,
      chosen.believedMs ?? null,
    ],
  });
  const [row] = rows;
  if (row !== undefined) return claimedMessageOf(lease.serviceId, row);
  await assertHeld(pool, lease);
  return null;
}
