import type { Pool } from 'pg';
import type { WhatsAppId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Tick } from '../../domain/message-state.ts';
import { heldAmong, idsOf, LeaseSet } from '../leases/fence.ts';
import { KEEP_NEWS, type KeptNews } from '../webhooks/keep-news.ts';

/** What WhatsApp has told about one message so far; several answers may be merged into one. */
export interface RecordedAnswer {
  /** Of the owner whose connection it came by. */
  readonly lease: Lease;
  readonly whatsAppId: WhatsAppId;
  /** The highest tick, or null when it was only refused. */
  readonly tick: Tick | null;
  readonly serverAtMs: number | null;
  readonly phoneAtMs: number | null;
  readonly readAtMs: number | null;
  /** The public reason of a refusal; a tick outweighs it. */
  readonly refusal: string | null;
}

// A tick outweighs whatever we believe (`domain/message-life.ts`); enum order is the ladder's order,
// with everything else below it.
//
// Listeners are told of every tick above where the message stood, lowest first. Where it stood is
// read (and locked) for their services alone.
const RECORD_ANSWERS = `
  WITH ${heldAmong('$8', '$9')},
  climbed AS (
    UPDATE messages m SET
      state = CASE WHEN a.tick IS NULL THEN 'failed' ELSE greatest(m.state, a.tick) END,
      failure = CASE WHEN a.tick IS NULL THEN a.refusal END,
      server_at = coalesce(m.server_at, to_timestamp(a.server_ms / 1000.0)),
      phone_at = coalesce(m.phone_at, to_timestamp(a.phone_ms / 1000.0)),
      read_at = coalesce(m.read_at, to_timestamp(a.read_ms / 1000.0))
    FROM unnest($1::bigint[], $2::text[], $3::message_state[], $4::bigint[], $5::bigint[],
                $6::bigint[], $7::text[]) WITH ORDINALITY
         AS a(service_id, whatsapp_id, tick, server_ms, phone_ms, read_ms, refusal, place)
    JOIN held ON held.service_id = a.service_id
    LEFT JOIN LATERAL (
      SELECT o.state FROM webhooks w
      JOIN messages o ON o.service_id = w.listener_id AND o.whatsapp_id = a.whatsapp_id
      WHERE w.listener_id = a.service_id FOR UPDATE OF o) AS before ON true
    WHERE m.service_id = a.service_id AND m.whatsapp_id = a.whatsapp_id
      AND CASE WHEN a.tick IS NULL THEN m.state = 'sending' ELSE m.executed_at IS NOT NULL END
    RETURNING m.service_id, m.id, m.whatsapp_id, m.chat, m.is_group, m.metadata,
              before.state AS stood, a.server_ms, a.phone_ms, a.read_ms, a.place),
  news AS (
    SELECT c.service_id, 'message.status' AS type, 'message:' || c.id AS subject,
           row_number() OVER (ORDER BY c.place, told.tick) AS place,
           json_build_object('messageId', c.id::text, 'whatsappId', c.whatsapp_id, 'to', c.chat,
             'isGroup', c.is_group, 'status', told.tick, 'atMs', told.at_ms,
             'metadata', c.metadata) AS data
    FROM climbed c
    CROSS JOIN LATERAL (VALUES ('server'::message_state, c.server_ms), ('phone', c.phone_ms),
                               ('read', c.read_ms)) AS told(tick, at_ms)
    WHERE told.tick > c.stood AND told.at_ms IS NOT NULL),
  ${KEEP_NEWS}
  SELECT (SELECT coalesce(array_agg(service_id), '{}') FROM held) AS held,
         (SELECT coalesce(array_agg(DISTINCT listener_id), '{}') FROM kept_deliveries) AS listening,
         (SELECT coalesce(array_agg(listener_id), '{}') FROM kept_feeds) AS feeds`;

/** What became of a batch. */
export interface KeptAnswers extends KeptNews {
  /** The leases under which nothing may be written any more; their answers were not. */
  readonly lost: readonly Lease[];
}

/**
 * Writes WhatsApp's answers, of any number of services, in one statement, and what listeners are
 * told of them.
 * @param answers at most one a message
 */
export async function recordAnswers(
  pool: Pool,
  answers: readonly RecordedAnswer[],
): Promise<KeptAnswers> {
  const leases = new LeaseSet(answers.map((answer) => answer.lease));
  const { rows } = await pool.query<{ held: string[]; listening: string[]; feeds: string[] }>({
    text: RECORD_ANSWERS,
    values: [
      answers.map((answer) => answer.lease.serviceId),
      answers.map((answer) => answer.whatsAppId),
      answers.map((answer) => answer.tick),
      answers.map((answer) => answer.serverAtMs),
      answers.map((answer) => answer.phoneAtMs),
      answers.map((answer) => answer.readAtMs),
      answers.map((answer) => answer.refusal),
      ...leases.columns(),
    ],
  });
  const [row] = rows;
  return {
    listening: idsOf(row?.listening),
    feeds: idsOf(row?.feeds),
    lost: leases.without(idsOf(row?.held)),
  };
}
