import type { Pool } from 'pg';
import type { ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { Tick } from '../../domain/message-state.ts';

/** What WhatsApp has told about one message so far; several answers may be merged into one. */
export interface RecordedAnswer {
  readonly serviceId: ServiceId;
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
const RECORD_ANSWERS = `
  UPDATE messages m SET
    state = CASE WHEN a.tick IS NULL THEN 'failed' ELSE greatest(m.state, a.tick) END,
    failure = CASE WHEN a.tick IS NULL THEN a.refusal END,
    server_at = coalesce(m.server_at, to_timestamp(a.server_ms / 1000.0)),
    phone_at = coalesce(m.phone_at, to_timestamp(a.phone_ms / 1000.0)),
    read_at = coalesce(m.read_at, to_timestamp(a.read_ms / 1000.0))
  FROM unnest($1::bigint[], $2::text[], $3::message_state[], $4::bigint[], $5::bigint[],
              $6::bigint[], $7::text[])
       AS a(service_id, whatsapp_id, tick, server_ms, phone_ms, read_ms, refusal)
  WHERE m.service_id = a.service_id AND m.whatsapp_id = a.whatsapp_id
    AND CASE WHEN a.tick IS NULL THEN m.state = 'sending' ELSE m.executed_at IS NOT NULL END`;

/**
 * Writes WhatsApp's answers, of any number of services, in one statement.
 * @param answers at most one a message
 */
export async function recordAnswers(pool: Pool, answers: readonly RecordedAnswer[]): Promise<void> {
  await pool.query({
    text: RECORD_ANSWERS,
    values: [
      answers.map((answer) => answer.serviceId),
      answers.map((answer) => answer.whatsAppId),
      answers.map((answer) => answer.tick),
      answers.map((answer) => answer.serverAtMs),
      answers.map((answer) => answer.phoneAtMs),
      answers.map((answer) => answer.readAtMs),
      answers.map((answer) => answer.refusal),
    ],
  });
}
