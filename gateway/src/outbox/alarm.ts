import type { Clock } from '../runtime/clock.ts';

/** Rings once, at the earliest of the times it was set to; then it can be set again. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #ringsAtMs = Infinity;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings after `delayMs` at the latest. */
  ringWithin(delayMs: number): void {
    const atMs = this.#clock.monotonicMs() + delayMs;
    if (atMs >= this.#ringsAtMs) return;
    this.#cancel();
    this.#ringsAtMs = atMs;
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#ringsAtMs = Infinity;
      this.#ring();
    });
  }

  cancel(): void {
    this.#cancel();
    this.#ringsAtMs = Infinity;
  }
}
