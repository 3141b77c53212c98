import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { isDatabaseAway } from './database-away.ts';

const RETRY_MS = 250;

/**
 * Does something now or, if the database is away, when it is back: for work that nobody can be told
 * to try again later. Every other error is thrown.
 * @param work may be done several times; an attempt that failed may have been committed
 */
export async function whenDatabaseAnswers<Result>(
  clock: Clock,
  work: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isDatabaseAway(toError(error))) throw error;
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }
}
