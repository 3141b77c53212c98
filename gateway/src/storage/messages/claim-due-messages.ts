import type { Pool } from 'pg';
import type { MessageId, ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { DueMessage } from '../../domain/message.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';

const CLAIM_DUE = `
  WITH due AS (
    SELECT id FROM messages
    WHERE service_id = $1 AND state IN ('accepted', 'ready') AND due_at <= now()
    ORDER BY due_at, id LIMIT $2 FOR UPDATE)
  UPDATE messages m SET state = 'sending', attempts = m.attempts + 1,
                        executed_at = coalesce(m.executed_at, now())
  FROM due WHERE m.service_id = $1 AND m.id = due.id
  RETURNING m.id, m.whatsapp_id, m.phone, m.text, m.attempts, m.due_at`;

const CLAIM_IN_DOUBT = `
  UPDATE messages SET attempts = attempts + 1
  WHERE service_id = $1 AND state = 'sending'
  RETURNING id, whatsapp_id, phone, text, attempts, due_at,
            (extract(epoch FROM now() - executed_at) * 1000)::float8 AS in_doubt_ms`;

interface ClaimedRow {
  id: MessageId;
  whatsapp_id: WhatsAppId;
  phone: PhoneNumber;
  text: string;
  attempts: number;
  due_at: Date;
}

/**
 * Takes a service's next due messages for sending, oldest first. Once taken a message is in doubt
 * until WhatsApp answers, so it is never cancelled and is sent again after a crash.
 * @param countMax the most messages to take
 */
export async function claimDueMessages(
  pool: Pool,
  serviceId: ServiceId,
  countMax: number,
): Promise<DueMessage[]> {
  const result = await pool.query<ClaimedRow>({
    name: 'claim-due-messages',
    text: CLAIM_DUE,
    values: [serviceId, countMax],
  });
  return inSendingOrder(result.rows).map((row) => toDueMessage(serviceId, row));
}

/** A message that was handed over earlier without an answer. */
export interface MessageInDoubt extends DueMessage {
  /** How long ago it was handed over first, milliseconds. */
  readonly inDoubtMs: number;
}

/**
 * The service's messages that were handed over earlier without an answer, oldest first: they go
 * again, before new ones, under the same WhatsApp id. Counts the attempt.
 */
export async function claimMessagesInDoubt(
  pool: Pool,
  serviceId: ServiceId,
): Promise<MessageInDoubt[]> {
  const result = await pool.query<ClaimedRow & { in_doubt_ms: number }>({
    name: 'claim-messages-in-doubt',
    text: CLAIM_IN_DOUBT,
    values: [serviceId],
  });
  return inSendingOrder(result.rows).map((row) => ({
    ...toDueMessage(serviceId, row),
    inDoubtMs: row.in_doubt_ms,
  }));
}

/** RETURNING has no order of its own. */
function inSendingOrder<Row extends ClaimedRow>(rows: Row[]): Row[] {
  return rows.toSorted((a, b) => a.due_at.getTime() - b.due_at.getTime() || a.id - b.id);
}

function toDueMessage(serviceId: ServiceId, row: ClaimedRow): DueMessage {
  return {
    serviceId,
    id: row.id,
    whatsAppId: row.whatsapp_id,
    phone: row.phone,
    text: row.text,
    attempts: row.attempts,
  };
}
