import { toError } from '../domain/errors.ts';
import { SUSPENDED_DAYS_MAX } from '../domain/service-lifecycle.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { tellEnds } from '../storage/services/tell-ends.ts';

const LOOK_EVERY_MS = 60_000;
/** So many days before a service expires or is removed its listeners are told. */
const DAYS_BEFORE = [7, 3, 1];

/** Tells beforehand what will become of services; any number of processes may do so at once. */
export class EndTeller {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #log: Log;
  #isStopped = false;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#running = this.#lookNowAndLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  /** One look. @returns how many services' listeners were told */
  async look(): Promise<number> {
    return await tellEnds(this.#database.pool, DAYS_BEFORE, SUSPENDED_DAYS_MAX);
  }

  async #lookNowAndLater(): Promise<void> {
    try {
      await this.look();
    } catch (error) {
      this.#log.warn({ err: toError(error) }, 'nobody was told of ends; trying again');
    }
    if (!this.#isStopped) this.#cancel = this.#clock.after(LOOK_EVERY_MS, () => this.start());
  }
}
