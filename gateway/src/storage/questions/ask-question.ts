import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import { CHANNELS } from '../notices/channels.ts';

const ASK = `
  WITH asked AS (
    INSERT INTO questions (service_id, question, until)
    VALUES ($1, $2, now() + $3 * interval '1 millisecond') RETURNING id, service_id)
  SELECT id, pg_notify('${CHANNELS.questionAsked}', service_id::text) FROM asked`;

/**
 * Puts a question to whoever holds the account, and tells everyone that it is there.
 * @param question sealed
 * @param timeoutMs it may be answered for so long
 * @returns its id
 */
export async function askQuestion(
  pool: Pool,
  serviceId: ServiceId,
  question: Buffer,
  timeoutMs: number,
): Promise<number> {
  const { rows } = await pool.query<{ id: number }>({
    name: 'ask-question',
    text: ASK,
    values: [serviceId, question, timeoutMs],
  });
  const [asked] = rows;
  if (asked === undefined) throw new Error('a question was not kept');
  return asked.id;
}
