import type { Clock } from './clock.ts';

/** Lets callers wait for something elsewhere that has to be asked for, such as a row. */
export interface Watch<Key> {
  /**
   * Looks at once, whenever the key is woken, and now and then, until there is something.
   * @param look gives null while there is nothing; what it throws ends the wait
   * @returns what was found, or null when there was nothing in time
   */
  until<Found>(
    key: Key,
    look: () => Promise<Found | null>,
    timeoutMs: number,
  ): Promise<Found | null>;
  wake(key: Key): void;
  /** News may have been missed: everybody looks. */
  wakeAll(): void;
}

/** @param everyMs how often to look when nobody is woken */
export function createWatch<Key>(clock: Clock, everyMs: number): Watch<Key> {
  const waiting = new Map<Key, Set<() => void>>();

  /** Waits for the next wake or the end of the time; begins to listen at once. */
  function listen(key: Key, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ofKey = waiting.get(key) ?? new Set();
    waiting.set(key, ofKey.add(resolve));
    const cancel = clock.after(timeoutMs, resolve);
    return promise.then(() => {
      cancel();
      ofKey.delete(resolve);
      if (ofKey.size === 0 && waiting.get(key) === ofKey) waiting.delete(key);
    });
  }

  return {
    async until(key, look, timeoutMs) {
      const endMs = clock.monotonicMs() + timeoutMs;
      for (;;) {
        const remainingMs = endMs - clock.monotonicMs();
        // Before the look, so that what changes during it is not missed.
        const woken = listen(key, Math.min(Math.max(remainingMs, 0), everyMs));
        const found = await look();
        if (found !== null || remainingMs <= 0) return found;
        await woken;
      }
    },
    wake(key) {
      for (const resolve of waiting.get(key) ?? []) resolve();
    },
    wakeAll() {
      for (const ofKey of waiting.values()) for (const resolve of ofKey) resolve();
    },
  };
}
