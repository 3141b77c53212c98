import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** Work that is done again and again. */
export interface RoundsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** One round. What it throws is told to the log, and the next round comes all the same. */
  readonly run: () => Promise<unknown>;
  /** How long after a round the next one begins. */
  readonly delayMs: () => number;
  /** Another delay after a round that failed. */
  readonly delayAfterFailureMs?: number;
  /** What the log says of a round that failed. */
  readonly complaint: string;
}

/** Does something at once and again and again, one round after the other, until it is stopped. */
export class Rounds {
  readonly #parts: RoundsParts;
  #isStopped = false;
  #cancel: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** Whether a long round should end early. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  start(): void {
    this.#running = this.#goRound();
  }

  /** Resolves after the round that runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#running;
  }

  async #goRound(): Promise<void> {
    const { clock, log, run, delayMs, delayAfterFailureMs, complaint } = this.#parts;
    let isFailed = false;
    try {
      await run();
    } catch (error) {
      log.warn({ err: error }, complaint);
      isFailed = true;
    }
    if (this.#isStopped) return;
    const nextMs = (isFailed ? delayAfterFailureMs : undefined) ?? delayMs();
    this.#cancel = clock.after(nextMs, () => this.start());
  }
}
