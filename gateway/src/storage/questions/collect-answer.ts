import type { Pool } from 'pg';

/**
 * Takes the answer to a question away, and with it the question.
 * @returns it sealed, or null while there is none
 */
export async function collectAnswer(pool: Pool, id: number): Promise<Buffer | null> {
  const { rows } = await pool.query<{ answer: Buffer }>({
    name: 'collect-answer',
    text: 'DELETE FROM questions WHERE id = $1 AND answer IS NOT NULL RETURNING answer',
    values: [id],
  });
  return rows[0]?.answer ?? null;
}

/** Takes a question back, answered or not. */
export async function withdrawQuestion(pool: Pool, id: number): Promise<void> {
  await pool.query({
    name: 'withdraw-question',
    text: 'DELETE FROM questions WHERE id = $1',
    values: [id],
  });
}

/** Deletes the questions of processes that died before they could collect the answer. */
export async function sweepQuestions(pool: Pool): Promise<void> {
  await pool.query({ name: 'sweep-questions', text: 'DELETE FROM questions WHERE until < now()' });
}
