import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';

/** A question that is to be answered under this lease. */
export interface TakenQuestion {
  readonly id: number;
  readonly lease: Lease;
  /** Sealed. */
  readonly question: Buffer;
  /** How long it may still be answered. */
  readonly remainingMs: number;
}

const TAKE = `
  UPDATE questions q SET taken_epoch = mine.epoch
  FROM unnest($1::bigint[], $2::bigint[]) AS mine(service_id, epoch)
  JOIN leases l ON l.service_id = mine.service_id AND l.epoch = mine.epoch
  WHERE q.service_id = mine.service_id AND q.answer IS NULL AND q.until > now()
    AND (q.taken_epoch IS NULL OR q.taken_epoch < mine.epoch)
  RETURNING q.id, q.service_id, q.question, q.taken_epoch AS epoch,
            (extract(epoch FROM q.until - now()) * 1000)::float8 AS remaining_ms`;

interface TakenRow {
  id: number;
  service_id: ServiceId;
  question: Buffer;
  epoch: number;
  remaining_ms: number;
}

/**
 * Takes the unanswered questions about accounts that are held under these leases: each once, and
 * once more by the next holder if this one leaves it unanswered.
 */
export async function takeQuestions(
  pool: Pool,
  leases: readonly Lease[],
): Promise<TakenQuestion[]> {
  const { rows } = await pool.query<TakenRow>({
    name: 'take-questions',
    text: TAKE,
    values: [leases.map(({ serviceId }) => serviceId), leases.map(({ epoch }) => epoch)],
  });
  return rows.map((row) => ({
    id: row.id,
    lease: { serviceId: row.service_id, epoch: row.epoch },
    question: row.question,
    remainingMs: row.remaining_ms,
  }));
}
