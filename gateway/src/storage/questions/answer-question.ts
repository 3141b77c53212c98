import type { Pool } from 'pg';
import { CHANNELS } from '../notices/channels.ts';
import type { TakenQuestion } from './take-questions.ts';

const ANSWER = `
  WITH answered AS (
    UPDATE questions q SET answer = $3
    FROM leases l
    WHERE q.id = $1 AND q.taken_epoch = $2 AND q.answer IS NULL
      AND l.service_id = q.service_id AND l.epoch = $2
    RETURNING q.id)
  SELECT pg_notify('${CHANNELS.questionAnswered}', id::text) FROM answered`;

/**
 * Answers a question that was taken, and tells everyone that the answer is there. Nothing happens
 * when nobody waits for it any more, or when the account has another holder, whose turn it is now.
 * @param answer sealed
 */
export async function answerQuestion(
  pool: Pool,
  { id, lease }: Pick<TakenQuestion, 'id' | 'lease'>,
  answer: Buffer,
): Promise<void> {
  await pool.query({ name: 'answer-question', text: ANSWER, values: [id, lease.epoch, answer] });
}
