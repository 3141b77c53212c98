import type { Pool } from 'pg';
import type { MessageId, ServiceId } from '../../domain/ids.ts';

// A file that is not at hand is fetched from its link again, if it came by one.
const RESEND = `
  WITH ended AS (
    SELECT m.id, m.media_id, media.link,
           media.state = 'ready' OR m.media_id IS NULL AS is_at_hand
    FROM messages m LEFT JOIN media ON media.service_id = m.service_id AND media.id = m.media_id
    WHERE m.service_id = $1 AND m.id = $2 AND m.state IN ('failed', 'expired')
    FOR UPDATE OF m),
  wanted AS (
    UPDATE media SET state = 'fetching', failure = NULL, attempts = 0, next_try_at = now()
    FROM ended
    WHERE media.service_id = $1 AND media.id = ended.media_id AND NOT ended.is_at_hand
      AND media.state <> 'fetching' AND ended.link <> ''),
  resent AS (
    UPDATE messages m SET
      state = (CASE WHEN ended.is_at_hand THEN 'ready' ELSE 'fetching' END)::message_state,
      failure = NULL, attempts = 0, crashes = 0, due_at = now(),
      expires_at = to_timestamp($3 / 1000.0)
    FROM ended
    WHERE m.service_id = $1 AND m.id = ended.id AND (ended.is_at_hand OR ended.link <> '')
    RETURNING m.state)
  SELECT resent.state FROM ended LEFT JOIN resent ON true`;

/**
 * What became of a wish to send a message once more: `queued`, or `fetching` its file first; or it
 * was not touched, because it has not `failed` or expired, or because its file was an upload that is
 * gone.
 */
export type ResendOutcome = 'queued' | 'fetching' | 'not_ended' | 'file_gone';

/**
 * Sends a message that failed or expired once more, by hand: the same row, under the same WhatsApp
 * id, so that a phone that has it already does not show it again.
 * @param expiresAtMs milliseconds since 1970; null never expires
 */
export async function resendMessage(
  pool: Pool,
  serviceId: ServiceId,
  id: MessageId,
  expiresAtMs: number | null,
): Promise<ResendOutcome> {
  const { rows } = await pool.query<{ state: 'ready' | 'fetching' | null }>({
    text: RESEND,
    values: [serviceId, id, expiresAtMs],
  });
  const [row] = rows;
  if (row === undefined) return 'not_ended';
  if (row.state === null) return 'file_gone';
  return row.state === 'ready' ? 'queued' : 'fetching';
}
