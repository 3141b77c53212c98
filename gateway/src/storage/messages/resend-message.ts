import type { Pool } from 'pg';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import { CALLS_KEPT_DAYS, type NamedCall } from '../../domain/named-call.ts';

// A file that is not at hand is fetched from its link again, if it came by one. The call's name and
// what it does are one statement, as in `insert-messages.ts`.
const RESEND = `
  WITH ended AS MATERIALIZED (
    SELECT m.id, m.media_id, media.link,
           media.state = 'ready' OR m.media_id IS NULL AS is_at_hand
    FROM messages m LEFT JOIN media ON media.service_id = m.service_id AND media.id = m.media_id
    WHERE m.service_id = $1 AND m.id = $2 AND m.state IN ('failed', 'expired')
    FOR UPDATE OF m),
  taken AS (
    INSERT INTO idempotency_keys AS known (service_id, key, fingerprint, message_ids)
    SELECT $1, $4, $5, ARRAY[ended.id] FROM ended
    WHERE $4::text IS NOT NULL AND (ended.is_at_hand OR ended.link <> '')
    ON CONFLICT (service_id, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, message_ids = excluded.message_ids,
          recipients = excluded.recipients, used_at = excluded.used_at
      WHERE known.used_at <= now() - $6 * interval '1 day'
    RETURNING key),
  judged AS MATERIALIZED (
    SELECT ended.*, ended.is_at_hand OR ended.link <> '' AS has_content,
           $4::text IS NULL OR EXISTS (SELECT FROM taken) AS is_first
    FROM ended),
  wanted AS (
    UPDATE media SET state = 'fetching', failure = NULL, attempts = 0, next_try_at = now()
    FROM judged
    WHERE media.service_id = $1 AND media.id = judged.media_id AND NOT judged.is_at_hand
      AND media.state <> 'fetching' AND judged.link <> '' AND judged.is_first),
  resent AS (
    UPDATE messages m SET
      state = (CASE WHEN judged.is_at_hand THEN 'ready' ELSE 'fetching' END)::message_state,
      failure = NULL, attempts = 0, crashes = 0, due_at = now(),
      expires_at = to_timestamp($3 / 1000.0)
    FROM judged
    WHERE m.service_id = $1 AND m.id = judged.id AND judged.has_content AND judged.is_first)
  SELECT CASE WHEN NOT has_content THEN 'file_gone'
              WHEN NOT is_first THEN 'named_before'
              WHEN is_at_hand THEN 'queued'
              ELSE 'fetching' END AS outcome
  FROM judged`;

/**
 * What became of a wish to send a message once more: `queued`, or `fetching` its file first; or it
 * was not touched, because it has not `failed` or expired, because its file was an upload that is
 * gone, or because another call had that name.
 */
export type ResendOutcome = 'queued' | 'fetching' | 'not_ended' | 'file_gone' | 'named_before';

/**
 * Sends a message that failed or expired once more, by hand: the same row, under the same WhatsApp
 * id, so that a phone that has it already does not show it again.
 * @param expiresAtMs milliseconds since 1970; null never expires
 * @param name under which the call is carried out once, if it has one
 */
export async function resendMessage(
  pool: Pool,
  serviceId: ServiceId,
  id: MessageId,
  expiresAtMs: number | null,
  name: Pick<NamedCall, 'key' | 'fingerprint'> | null = null,
): Promise<ResendOutcome> {
  const { rows } = await pool.query<{ outcome: ResendOutcome }>({
    text: RESEND,
    values: [
      serviceId,
      id,
      expiresAtMs,
      name?.key ?? null,
      name?.fingerprint ?? null,
      CALLS_KEPT_DAYS,
    ],
  });
  return rows[0]?.outcome ?? 'not_ended';
}
