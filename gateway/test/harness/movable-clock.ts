import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/clock.ts';

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
  cancel(): void;
}

/** The machine's clock, which a test can also move ahead: alarms on the way ring at once. */
export class MovableClock implements Clock {
  #aheadMs = 0;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return systemClock.now() + this.#aheadMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm: Alarm = {
      atMs: this.monotonicMs() + delayMs,
      run,
      cancel: systemClock.after(delayMs, () => {
        this.#alarms.delete(alarm);
        run();
      }),
    };
    this.#alarms.add(alarm);
    return () => {
      alarm.cancel();
      this.#alarms.delete(alarm);
    };
  }

  advance(durationMs: number): void {
    this.#aheadMs += durationMs;
    const nowMs = this.monotonicMs();
    for (const alarm of [...this.#alarms].toSorted((one, other) => one.atMs - other.atMs)) {
      if (alarm.atMs > nowMs || !this.#alarms.delete(alarm)) continue;
      alarm.cancel();
      alarm.run();
    }
  }
}
