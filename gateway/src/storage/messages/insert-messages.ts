import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import type { AcceptedMessage } from '../../domain/message.ts';

const INSERT_MESSAGES = `
  INSERT INTO messages
    (service_id, whatsapp_id, phone, written_phone, text, is_scheduled, due_at)
  SELECT service_id, whatsapp_id, phone, written_phone, text,
         due_ms IS NOT NULL, coalesce(to_timestamp(due_ms / 1000.0), now())
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
       WITH ORDINALITY AS row(service_id, whatsapp_id, phone, written_phone, text, due_ms, position)
  ORDER BY position
  RETURNING id`;

/**
 * Keeps messages, of any number of services, in one statement and one commit: when it resolves they
 * survive whatever dies.
 * @returns their ids in the order given
 */
export async function insertMessages(
  pool: Pool,
  messages: readonly AcceptedMessage[],
): Promise<MessageId[]> {
  const result = await pool.query<{ id: MessageId }>({
    name: 'insert-messages',
    text: INSERT_MESSAGES,
    values: [
      messages.map((message) => message.serviceId),
      messages.map((message) => message.whatsAppId),
      messages.map((message) => message.phone),
      messages.map((message) => message.writtenPhone),
      messages.map((message) => message.text),
      messages.map((message) => message.scheduledAtMs),
    ],
  });
  return result.rows.map((row) => row.id);
}
