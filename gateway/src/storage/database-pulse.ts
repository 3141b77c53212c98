import type { Clock } from '../runtime/clock.ts';

const ASK_EVERY_MS = 1000;
const ASK_SILENT_EVERY_MS = 100;
const SILENCE_MS = 3000;
/** A process that was itself stopped for a while first reads what has come meanwhile. */
const GRACE_MS = 200;

/** Whether the database hangs, for whoever must not hang with it. */
export interface Silence {
  readonly isSilent: boolean;
  /** Calls `run` when it falls silent, at most once. @returns ends that */
  onSilence(run: () => void): () => void;
}

/** A database that is never watched. */
export const UNWATCHED: Silence = { isSilent: false, onSilence: () => () => undefined };

/**
 * Notices that the database hangs: it takes questions and answers none, as a stopped machine does.
 * A database that refuses needs no watch, since whoever asks it hears so at once.
 *
 * It is asked something cheap once a second. It is silent when a question has waited for three
 * seconds, until one is answered.
 */
export class DatabasePulse implements Silence {
  readonly #ask: () => Promise<boolean>;
  readonly #clock: Clock;
  readonly #onChange: (isSilent: boolean) => void;
  readonly #listeners = new Set<() => void>();
  #isSilent = false;
  #isStopped = false;
  #cancel: () => void = () => undefined;

  /**
   * @param ask whether the database answers, over connections that do not wait behind other work
   * @param onChange told when it falls silent, and when it answers again
   */
  constructor(ask: () => Promise<boolean>, clock: Clock, onChange: (isSilent: boolean) => void) {
    this.#ask = ask;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  onSilence(run: () => void): () => void {
    this.#listeners.add(run);
    return () => {
      this.#listeners.delete(run);
    };
  }

  start(): void {
    void this.#beat();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #beat(): Promise<void> {
    const cancelTimer = this.#afterSilence();
    const isAnswered = await this.#ask();
    cancelTimer();
    if (this.#isStopped) return;
    if (isAnswered) this.#turn(false);
    const delayMs = this.#isSilent ? ASK_SILENT_EVERY_MS : ASK_EVERY_MS;
    this.#cancel = this.#clock.after(delayMs, () => void this.#beat());
  }

  #afterSilence(): () => void {
    let cancel = this.#clock.after(SILENCE_MS, () => {
      cancel = this.#clock.after(GRACE_MS, () => {
        this.#turn(true);
      });
    });
    return () => {
      cancel();
    };
  }

  #turn(isSilent: boolean): void {
    if (this.#isSilent === isSilent || this.#isStopped) return;
    this.#isSilent = isSilent;
    this.#onChange(isSilent);
    if (!isSilent) return;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const run of listeners) run();
  }
}
