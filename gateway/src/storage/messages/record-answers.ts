import type { Pool } from 'pg';
import type { ServiceId, WhatsAppId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Tick } from '../../domain/message-state.ts';
import { heldAmong, LeaseSet } from '../leases/fence.ts';

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

// A tick only climbs, and only from `sending` on; enum order is the ladder's order. A message whose
// outcome was unknown, and was therefore given up, is put right by a late tick.
const RECORD_ANSWERS = `
  WITH ${heldAmong('$8', '$9')},
  recorded AS (
  UPDATE messages m SET
    state = CASE
      WHEN a.tick IS NULL THEN 'failed'
      WHEN m.state = 'failed' OR a.tick > m.state THEN a.tick
      ELSE m.state END,
    failure = CASE WHEN a.tick IS NULL THEN a.refusal END,
    server_at = coalesce(m.server_at, to_timestamp(a.server_ms / 1000.0)),
    phone_at = coalesce(m.phone_at, to_timestamp(a.phone_ms / 1000.0)),
    read_at = coalesce(m.read_at, to_timestamp(a.read_ms / 1000.0))
  FROM unnest($1::bigint[], $2::text[], $3::message_state[], $4::bigint[], $5::bigint[],
              $6::bigint[], $7::text[])
       AS a(service_id, whatsapp_id, tick, server_ms, phone_ms, read_ms, refusal)
       JOIN held USING (service_id)
  WHERE m.service_id = a.service_id AND m.whatsapp_id = a.whatsapp_id
    AND CASE WHEN a.tick IS NULL THEN m.state = 'sending'
             ELSE m.state >= 'sending' OR (m.state = 'failed' AND m.failure = 'unknown_outcome') END)
  SELECT service_id FROM held`;

/**
 * Writes WhatsApp's answers, of any number of services, in one statement.
 * @param answers at most one a message
 * @returns the leases under which nothing may be written any more; their answers were not
 */
export async function recordAnswers(
  pool: Pool,
  answers: readonly RecordedAnswer[],
): Promise<Lease[]> {
  const leases = new LeaseSet(answers.map((answer) => answer.lease));
  const { rows } = await pool.query<{ service_id: ServiceId }>({
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
  return leases.without(new Set(rows.map((row) => row.service_id)));
}
