import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

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

/**
 * Keeps a received message once: WhatsApp delivers again what it thinks we have not got.
 * Nothing is kept while the service does not want incoming messages.
 */
export async function insertReceived(database: Database, message: ReceivedMessage): Promise<void> {
  await sql`
    INSERT INTO received_messages
      (service_id, whatsapp_id, group_id, from_phone, from_lid, to_phone, type, text, sent_at)
    SELECT services.id, ${message.whatsAppId}, ${message.groupId}, ${message.fromPhone},
           ${message.fromLid}, coalesce(sessions.phone, ''), ${message.type}, ${message.text},
           to_timestamp(${message.sentAtMs} / 1000.0)
    FROM services LEFT JOIN sessions ON sessions.service_id = services.id
    WHERE services.id = ${message.serviceId} AND services.receives_messages
    ON CONFLICT DO NOTHING`.execute(database.query);
}
