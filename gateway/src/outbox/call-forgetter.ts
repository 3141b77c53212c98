import { toError } from '../domain/errors.ts';
import { CALLS_KEPT_DAYS } from '../domain/named-call.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { forgetNamedCalls } from '../storage/idempotency/forget-named-calls.ts';

const FORGET_EVERY_MS = 60 * 60 * 1000;
const NAMES_AT_ONCE = 1000;

/** Forgets now and then the names of calls whose days are over; every process may do so. */
export class CallForgetter {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  #isStopped = false;
  #cancel: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#forget();
  }

  /** Resolves after what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #forget(): Promise<void> {
    try {
      let count = NAMES_AT_ONCE;
      while (count === NAMES_AT_ONCE && !this.#isStopped) {
        count = await forgetNamedCalls(this.#database.pool, CALLS_KEPT_DAYS, NAMES_AT_ONCE);
      }
    } catch (error) {
      this.#log.warn({ err: toError(error) }, 'old idempotency keys were not removed');
    }
    if (!this.#isStopped) this.#cancel = this.#clock.after(FORGET_EVERY_MS, () => this.start());
  }
}
