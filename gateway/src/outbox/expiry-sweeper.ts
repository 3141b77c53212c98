import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { expireMessages } from '../storage/messages/expire-messages.ts';

const LOOK_EVERY_MS = 1000;
const BATCH_COUNT = 1000;

/** Ends waiting messages whose time is over, of all services. Several processes may do so at once. */
export class ExpirySweeper {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  #isStopped = false;
  #work: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => {
      this.#work = this.#sweep().then(() => {
        if (!this.#isStopped) this.start();
      });
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#work;
  }

  async #sweep(): Promise<void> {
    try {
      // While the database's clock is not believed, nothing is over: it would be over for good.
      while (!this.#isStopped && this.#clock.believedMs() === null) {
        const expired = await expireMessages(this.#database.pool, BATCH_COUNT);
        if (expired.length < BATCH_COUNT) return;
      }
    } catch (error) {
      this.#log.warn({ err: toError(error) }, 'messages did not expire; trying again');
    }
  }
}
