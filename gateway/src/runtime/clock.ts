/** Where time comes from. Handed in everywhere, so that tests move it instead of waiting. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. For stamps that people read; never for intervals. */
  now(): number;
  /** Milliseconds on a clock that only runs forward. For intervals and time-outs. */
  monotonicMs(): number;
  /** Calls `run` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own clocks. Timers never keep the process alive by themselves. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(delayMs, 0), LONGEST_TIMER_MS));
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
