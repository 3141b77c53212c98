import type { Pool } from 'pg';
import type { GroupId } from '../../domain/group-id.ts';
import type { MessageId, ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { DueMessage } from '../../domain/message.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import { assertHeld, heldUnder } from '../leases/fence.ts';
import { CONTENT_COLUMNS, contentOf, JOIN_MEDIA, type ContentRow } from './content-columns.ts';

const CLAIM_DUE = `
  WITH ${heldUnder('$1', '$2')},
  due AS (
    SELECT id FROM messages
    WHERE service_id = (SELECT service_id FROM held)
      AND state IN ('accepted', 'ready') AND due_at <= now()
    ORDER BY due_at, id LIMIT $3 FOR UPDATE),
  claimed AS (
    UPDATE messages m SET state = 'sending', attempts = m.attempts + 1, claim_epoch = $2,
                          executed_at = coalesce(m.executed_at, now())
    FROM due WHERE m.service_id = $1 AND m.id = due.id
    RETURNING m.*)`;

const CLAIM_IN_DOUBT = `
  WITH ${heldUnder('$1', '$2')},
  claimed AS (
    UPDATE messages SET attempts = attempts + 1, claim_epoch = $2
    WHERE service_id = (SELECT service_id FROM held) AND state = 'sending'
    RETURNING *)`;

const CLAIMED_WITH_MEDIA = `
  SELECT m.id, m.whatsapp_id, m.chat, m.is_group, m.attempts,
         (extract(epoch FROM now() - m.executed_at) * 1000)::float8 AS in_doubt_ms,
         ${CONTENT_COLUMNS}
  FROM claimed m ${JOIN_MEDIA}
  ORDER BY m.due_at, m.id`;

interface ClaimedRow extends ContentRow {
  id: MessageId;
  whatsapp_id: WhatsAppId;
  chat: string;
  is_group: boolean;
  attempts: number;
  in_doubt_ms: number;
}

/**
 * Takes a service's next due messages for sending, oldest first. Once taken a message is in doubt
 * until WhatsApp answers, so it is never cancelled and is sent again after a crash.
 * @param countMax the most messages to take
 * @throws LeaseLost
 */
export async function claimDueMessages(
  pool: Pool,
  lease: Lease,
  countMax: number,
): Promise<DueMessage[]> {
  const result = await pool.query<ClaimedRow>({
    text: CLAIM_DUE + CLAIMED_WITH_MEDIA,
    values: [lease.serviceId, lease.epoch, countMax],
  });
  if (result.rows.length === 0) await assertHeld(pool, lease);
  return result.rows.map((row) => toDueMessage(lease.serviceId, row));
}

/** A message that was handed over earlier without an answer. */
export interface MessageInDoubt extends DueMessage {
  /** How long ago it was handed over first, milliseconds. */
  readonly inDoubtMs: number;
}

/**
 * The service's messages that were handed over earlier without an answer, oldest first: they go
 * again, before new ones, under the same WhatsApp id. Counts the attempt.
 * @throws LeaseLost
 */
export async function claimMessagesInDoubt(pool: Pool, lease: Lease): Promise<MessageInDoubt[]> {
  const result = await pool.query<ClaimedRow>({
    text: CLAIM_IN_DOUBT + CLAIMED_WITH_MEDIA,
    values: [lease.serviceId, lease.epoch],
  });
  if (result.rows.length === 0) await assertHeld(pool, lease);
  return result.rows.map((row) => ({
    ...toDueMessage(lease.serviceId, row),
    inDoubtMs: row.in_doubt_ms,
  }));
}

function toDueMessage(serviceId: ServiceId, row: ClaimedRow): DueMessage {
  return {
    serviceId,
    id: row.id,
    whatsAppId: row.whatsapp_id,
    recipient: row.is_group
      ? { kind: 'group', groupId: row.chat as GroupId }
      : { kind: 'person', phone: row.chat as PhoneNumber },
    content: contentOf(row),
    attempts: row.attempts,
  };
}
