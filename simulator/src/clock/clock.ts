/** The simulator's only source of time, handed to whatever waits or stamps. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** WhatsApp stamps stanzas in whole seconds, written as text. */
export function secondsText(clock: Clock): string {
  return String(Math.floor(clock.now() / 1000));
}
