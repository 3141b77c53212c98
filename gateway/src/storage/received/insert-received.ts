import type { Pool } from 'pg';
import type { Lease } from '../../domain/lease.ts';
import { heldAmong, idsOf, LeaseSet } from '../leases/fence.ts';
import { KEEP_HEARD } from '../pacing/heard.ts';
import { KEEP_NEWS, type KeptNews } from '../webhooks/keep-news.ts';

/** A received message to be kept. */
export interface ReceivedMessage {
  /** Of the owner whose connection it came by. */
  readonly lease: Lease;
  readonly whatsAppId: string;
  readonly groupId: string;
  readonly fromPhone: string | null;
  readonly fromLid: string | null;
  readonly type: string;
  readonly text: string;
  readonly sentAtMs: number;
  readonly file: {
    /** What it takes to download the file, sealed. */
    readonly source: Buffer;
    readonly mimetype: string;
    readonly fileName: string;
    /** As announced. */
    readonly bytes: number;
  } | null;
}

// The row, what it takes to fetch its file, what pacing learns, and what listeners are told are one
// statement: none is there without the others. A chat's messages are told one after the other.
const INSERT_RECEIVED = `
  WITH ${heldAmong('$13', '$14')},
  m AS (
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::bigint[], $9::bytea[], $10::text[], $11::text[],
                         $12::bigint[]) WITH ORDINALITY
      AS m(service_id, whatsapp_id, group_id, from_phone, from_lid, type, text, sent_ms, source,
           mimetype, file_name, bytes, position) JOIN held USING (service_id)),
  kept AS (
    INSERT INTO received_messages
      (service_id, whatsapp_id, group_id, from_phone, from_lid, to_phone, type, text, sent_at)
    SELECT services.id, m.whatsapp_id, m.group_id, m.from_phone, m.from_lid,
           coalesce(sessions.phone, ''), m.type, m.text, to_timestamp(m.sent_ms / 1000.0)
    FROM m
    JOIN services ON services.id = m.service_id AND services.receives_messages
    LEFT JOIN sessions ON sessions.service_id = services.id
    ORDER BY m.position
    ON CONFLICT DO NOTHING
    RETURNING service_id, id, whatsapp_id, group_id, from_phone, from_lid, to_phone),
  kept_files AS (
    INSERT INTO received_media (service_id, message_id, state, source, mimetype, file_name, bytes)
    SELECT kept.service_id, kept.id, 'waiting', m.source, m.mimetype, m.file_name, m.bytes
    FROM kept JOIN m USING (service_id, whatsapp_id, group_id)
    WHERE m.source IS NOT NULL AND kept.from_phone IS NOT DISTINCT FROM m.from_phone
      AND kept.from_lid IS NOT DISTINCT FROM m.from_lid
    ON CONFLICT DO NOTHING
    RETURNING message_id),
  news AS (
    SELECT DISTINCT ON (kept.id) kept.service_id, 'message.received' AS type, kept.id AS place,
           'chat:' || coalesce(nullif(kept.group_id, ''), kept.from_lid, kept.from_phone, '')
             AS subject,
           json_build_object('messageId', kept.id::text, 'whatsappId', kept.whatsapp_id,
             'kind', m.type, 'from', kept.from_phone, 'fromLid', kept.from_lid,
             'to', kept.to_phone, 'groupId', kept.group_id, 'text', m.text,
             'sentAtMs', m.sent_ms,
             'file', CASE WHEN m.source IS NOT NULL THEN json_build_object(
               'mimetype', m.mimetype, 'fileName', m.file_name, 'bytes', m.bytes) END) AS data
    FROM kept
    JOIN webhooks ON webhooks.listener_id = kept.service_id
    JOIN m ON m.service_id = kept.service_id AND m.whatsapp_id = kept.whatsapp_id
      AND m.group_id = kept.group_id AND kept.from_phone IS NOT DISTINCT FROM m.from_phone
      AND kept.from_lid IS NOT DISTINCT FROM m.from_lid
    ORDER BY kept.id, m.position),
  ${KEEP_HEARD},
  ${KEEP_NEWS}
  SELECT (SELECT count(*) FROM kept_files) AS files,
         (SELECT coalesce(array_agg(service_id), '{}') FROM held) AS held,
         (SELECT coalesce(array_agg(DISTINCT listener_id), '{}') FROM kept_deliveries) AS listening,
         (SELECT coalesce(array_agg(listener_id), '{}') FROM kept_feeds) AS feeds`;

/** What was kept of a batch. */
export interface KeptReceived extends KeptNews {
  /** How many of the messages carry a file that is to be downloaded. */
  readonly fileCount: number;
  /** The leases under which nothing may be written any more; what came by them was not. */
  readonly lost: readonly Lease[];
}

/**
 * Keeps received messages, of any number of services, in the order given and each once: WhatsApp
 * delivers again what it thinks we have not got. Nothing is kept for a service that does not want
 * incoming messages.
 */
export async function insertReceived(
  pool: Pool,
  messages: readonly ReceivedMessage[],
): Promise<KeptReceived> {
  const leases = new LeaseSet(messages.map((message) => message.lease));
  const { rows } = await pool.query<{
    files: number;
    held: string[];
    listening: string[];
    feeds: string[];
  }>({
    name: 'insert-received',
    text: INSERT_RECEIVED,
    values: [
      messages.map((message) => message.lease.serviceId),
      messages.map((message) => message.whatsAppId),
      messages.map((message) => message.groupId),
      messages.map((message) => message.fromPhone),
      messages.map((message) => message.fromLid),
      messages.map((message) => message.type),
      messages.map((message) => message.text),
      messages.map((message) => message.sentAtMs),
      messages.map((message) => message.file?.source ?? null),
      messages.map((message) => message.file?.mimetype ?? null),
      messages.map((message) => message.file?.fileName ?? null),
      messages.map((message) => message.file?.bytes ?? null),
      ...leases.columns(),
    ],
  });
  const [row] = rows;
  return {
    fileCount: row?.files ?? 0,
    listening: idsOf(row?.listening),
    feeds: idsOf(row?.feeds),
    lost: leases.without(idsOf(row?.held)),
  };
}
