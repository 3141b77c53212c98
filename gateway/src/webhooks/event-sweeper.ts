import { EVENT_LIFETIME_MS } from '../domain/event.ts';
import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { exhaustDeliveries, sweepEvents } from '../storage/webhooks/sweep-events.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** So long events can be seen and replayed. */
const KEPT_MS = 30 * DAY_MS;
/** Nothing is given up before its last attempt was made. */
const LATE_MS = DAY_MS / 24;
const FIRST_SWEEP_MS = 90 * 1000;
const SWEEP_EVERY_MS = 60 * 60 * 1000;
const ROWS_AT_ONCE = 2000;

export interface EventSweeperParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Log;
}

/** Once an hour: gives up what has waited for seven days, removes what is older than thirty. */
export class EventSweeper {
  readonly #parts: EventSweeperParts;
  #isStopped = false;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: EventSweeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#after(FIRST_SWEEP_MS);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  #after(delayMs: number): void {
    this.#cancel = this.#parts.clock.after(delayMs, () => {
      this.#running = this.#sweep().catch((error: unknown) => {
        this.#parts.log.warn({ err: toError(error) }, 'old events were not removed');
      });
      this.#after(SWEEP_EVERY_MS);
    });
  }

  async #sweep(): Promise<void> {
    const { database, clock } = this.#parts;
    const nowMs = clock.now();
    const steps = [
      () => exhaustDeliveries(database.pool, nowMs - EVENT_LIFETIME_MS - LATE_MS, ROWS_AT_ONCE),
      () => sweepEvents(database.pool, nowMs - KEPT_MS, ROWS_AT_ONCE),
    ];
    for (const step of steps) {
      while (!this.#isStopped && (await step()) === ROWS_AT_ONCE);
    }
  }
}
