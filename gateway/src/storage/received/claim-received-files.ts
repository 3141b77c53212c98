import type { Pool } from 'pg';
import type { MessageId, ServiceId } from '../../domain/ids.ts';

/** A file that is to be downloaded. */
export interface WaitingFile {
  readonly serviceId: ServiceId;
  readonly messageId: MessageId;
  readonly mode: 'test' | 'live';
  readonly whatsAppId: string;
  /** Sealed. */
  readonly source: Buffer;
  /** This try included. */
  readonly attempts: number;
}

const CLAIM_RECEIVED_FILES = `
  WITH due AS (
    SELECT service_id, message_id FROM received_media
    WHERE state = 'waiting' AND next_try_at <= now()
    ORDER BY next_try_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  UPDATE received_media f
  SET attempts = f.attempts + 1, next_try_at = now() + make_interval(secs => $2)
  FROM due JOIN services ON services.id = due.service_id
  JOIN received_messages m ON m.service_id = due.service_id AND m.id = due.message_id
  WHERE f.service_id = due.service_id AND f.message_id = due.message_id
  RETURNING f.service_id, f.message_id, services.mode, m.whatsapp_id, f.source, f.attempts`;

interface ClaimedRow {
  service_id: ServiceId;
  message_id: MessageId;
  mode: 'test' | 'live';
  whatsapp_id: string;
  source: Buffer;
  attempts: number;
}

/**
 * Takes files that wait for their download. Whoever takes one has it for `leaseMs`; a process that
 * dies leaves it to the next.
 */
export async function claimReceivedFiles(
  pool: Pool,
  countMax: number,
  leaseMs: number,
): Promise<WaitingFile[]> {
  const { rows } = await pool.query<ClaimedRow>({
    name: 'claim-received-files',
    text: CLAIM_RECEIVED_FILES,
    values: [countMax, leaseMs / 1000],
  });
  return rows.map((row) => ({
    serviceId: row.service_id,
    messageId: row.message_id,
    mode: row.mode,
    whatsAppId: row.whatsapp_id,
    source: row.source,
    attempts: row.attempts,
  }));
}
