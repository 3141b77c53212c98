import { setTimeout as rest } from 'node:timers/promises';
import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../storage/database.ts';
import { recordAttempts, type RecordedAttempt } from '../storage/webhooks/record-attempts.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';

const AT_ONCE_MAX = 500;
/** After several were written, so that statements are few and large under load. */
const REST_MS = 10;

export interface AttemptRecorderParts {
  readonly database: Database;
  readonly clock: Clock;
  /** These are written down. */
  readonly onWritten: (attempts: readonly RecordedAttempt[]) => void;
  /** These could not be written, and will not be. */
  readonly onLost: (attempts: readonly RecordedAttempt[], error: Error) => void;
}

/**
 * Writes attempts down, those that end at about the same time in one statement. Tells of whole
 * statements, not of each attempt: a promise for each would cost as much as the rest of its way.
 */
export class AttemptRecorder {
  readonly #parts: AttemptRecorderParts;
  #waiting: RecordedAttempt[] = [];
  #work: Promise<void> | null = null;

  constructor(parts: AttemptRecorderParts) {
    this.#parts = parts;
  }

  add(attempt: RecordedAttempt): void {
    this.#waiting.push(attempt);
    this.#work ??= this.#writeAll().finally(() => {
      this.#work = null;
    });
  }

  /** Resolves when nothing waits to be written. */
  async drained(): Promise<void> {
    while (this.#work !== null) await this.#work;
  }

  async #writeAll(): Promise<void> {
    // One turn of patience gathers what this turn of the event loop brings.
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const attempts = this.#waiting.splice(0, AT_ONCE_MAX);
      await this.#write(attempts);
      // Never when a whole statement waits: what is not written down goes again after a crash.
      if (attempts.length > 1 && this.#waiting.length < AT_ONCE_MAX) await rest(REST_MS);
    }
  }

  async #write(attempts: readonly RecordedAttempt[]): Promise<void> {
    const { database, clock, onWritten, onLost } = this.#parts;
    try {
      await whenDatabaseAnswers(clock, () => recordAttempts(database.pool, attempts));
    } catch (error) {
      onLost(attempts, toError(error));
      return;
    }
    onWritten(attempts);
  }
}
