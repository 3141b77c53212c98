import type { Clock } from '../../src/runtime/clock.ts';

interface Alarm {
  readonly atMs: number;
  readonly run: () => void;
}

/** A clock that moves only when a test moves it. */
export class ManualClock implements Clock {
  #nowMs = Date.UTC(2026, 0, 1);
  readonly #startMs = this.#nowMs;
  readonly #alarms = new Set<Alarm>();

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const alarm = { atMs: this.#nowMs + Math.max(delayMs, 0), run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** True when somebody waits for a time to come. */
  get hasAlarm(): boolean {
    return this.#alarms.size > 0;
  }

  /** Moves time on, ringing every alarm on the way at its own time. */
  advance(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      const [next] = [...this.#alarms]
        .filter((alarm) => alarm.atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#alarms.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }
}
