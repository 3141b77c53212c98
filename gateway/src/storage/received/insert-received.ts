import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

/** A received message to be kept. */
export interface ReceivedMessage {
  readonly serviceId: ServiceId;
  readonly whatsAppId: string;
  readonly groupId: string;
  readonly fromPhone: string | null;
  readonly fromLid: string | null;
  readonly type: string;
  readonly text: string;
  readonly sentAtMs: number;
}

const INSERT_RECEIVED = `
  INSERT INTO received_messages
    (service_id, whatsapp_id, group_id, from_phone, from_lid, to_phone, type, text, sent_at)
  SELECT services.id, m.whatsapp_id, m.group_id, m.from_phone, m.from_lid,
         coalesce(sessions.phone, ''), m.type, m.text, to_timestamp(m.sent_ms / 1000.0)
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
              $7::text[], $8::bigint[]) WITH ORDINALITY
       AS m(service_id, whatsapp_id, group_id, from_phone, from_lid, type, text, sent_ms, position)
  JOIN services ON services.id = m.service_id AND services.receives_messages
  LEFT JOIN sessions ON sessions.service_id = services.id
  ORDER BY m.position
  ON CONFLICT DO NOTHING`;

/**
 * Keeps received messages, of any number of services, in the order given and each once: WhatsApp
 * delivers again what it thinks we have not got. Nothing is kept for a service that does not want
 * incoming messages.
 */
export async function insertReceived(
  pool: Pool,
  messages: readonly ReceivedMessage[],
): Promise<void> {
  await pool.query({
    name: 'insert-received',
    text: INSERT_RECEIVED,
    values: [
      messages.map((message) => message.serviceId),
      messages.map((message) => message.whatsAppId),
      messages.map((message) => message.groupId),
      messages.map((message) => message.fromPhone),
      messages.map((message) => message.fromLid),
      messages.map((message) => message.type),
      messages.map((message) => message.text),
      messages.map((message) => message.sentAtMs),
    ],
  });
}
