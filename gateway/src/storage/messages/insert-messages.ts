import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import { chatOf, type AcceptedMessage } from '../../domain/message.ts';

const INSERT_MESSAGES = `
  INSERT INTO messages
    (service_id, whatsapp_id, chat, is_group, text, latitude, longitude, media_id, state,
     is_scheduled, due_at, is_urgent, expires_at, metadata)
  SELECT service_id, whatsapp_id, chat, is_group, text, latitude, longitude, media_id,
         (CASE WHEN is_fetched THEN 'accepted' ELSE 'fetching' END)::message_state,
         due_ms IS NOT NULL, coalesce(to_timestamp(due_ms / 1000.0), now()),
         is_urgent, to_timestamp(expires_ms / 1000.0), metadata
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::float8[],
              $7::float8[], $8::bigint[], $9::boolean[], $10::bigint[], $11::boolean[], $12::bigint[],
              $13::text[])
       WITH ORDINALITY
       AS row(service_id, whatsapp_id, chat, is_group, text, latitude, longitude, media_id,
              is_fetched, due_ms, is_urgent, expires_ms, metadata, position)
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
  const contents = messages.map((message) => message.content);
  const result = await pool.query<{ id: MessageId }>({
    name: 'insert-messages',
    text: INSERT_MESSAGES,
    values: [
      messages.map((message) => message.serviceId),
      messages.map((message) => message.whatsAppId),
      messages.map((message) => chatOf(message.recipient)),
      messages.map((message) => message.recipient.kind === 'group'),
      contents.map((content) => content.text),
      contents.map((content) => (content.kind === 'location' ? content.latitude : null)),
      contents.map((content) => (content.kind === 'location' ? content.longitude : null)),
      contents.map((content) => (content.kind === 'media' ? content.mediaId : null)),
      contents.map((content) => content.kind !== 'media' || content.isFetched),
      messages.map((message) => message.scheduledAtMs),
      messages.map((message) => message.isUrgent),
      messages.map((message) => message.expiresAtMs),
      messages.map((message) => message.metadata),
    ],
  });
  return result.rows.map((row) => row.id);
}
