import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** Work that nobody waits for, now, later or again and again. What goes wrong is logged. */
export class Chores {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Set<Promise<void>>();
  readonly #cancels = new Map<string, () => void>();
  #isEnded = true;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#isEnded = false;
  }

  /** Resolves, and never rejects, when it is done. */
  async do(what: string, run: () => Promise<void>): Promise<void> {
    const work = run().catch((error: unknown) => {
      this.#log.warn({ err: toError(error), what }, 'webhooks could not be looked after');
    });
    this.#running.add(work);
    await work;
    this.#running.delete(work);
  }

  /** Does something again and again, one after the other. */
  every(what: string, delayMs: number, run: () => Promise<void>): void {
    this.later(what, delayMs, () => {
      void this.do(what, run).finally(() => {
        if (!this.#isEnded) this.every(what, delayMs, run);
      });
    });
  }

  /** Does something once; what had the same name is not done. */
  later(name: string, delayMs: number, run: () => void): void {
    this.cancel(name);
    const cancel = this.#clock.after(delayMs, () => {
      this.#cancels.delete(name);
      run();
    });
    this.#cancels.set(name, cancel);
  }

  cancel(name: string): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  /** Nothing more begins. What runs goes on. */
  end(): void {
    this.#isEnded = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
