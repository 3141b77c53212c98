import type { Clock } from './clock.ts';

/** Lets a caller wait for a condition that is looked at again whenever its key is woken. */
export interface Waiters<Key> {
  /** Resolves when the condition holds, or after the time-out; ask the condition which it was. */
  until(key: Key, holds: () => boolean, timeoutMs: number, clock: Clock): Promise<void>;
  wake(key: Key): void;
}

export function createWaiters<Key>(): Waiters<Key> {
  const waiting = new Map<Key, Set<() => void>>();
  return {
    until(key, holds, timeoutMs, clock) {
      if (holds()) return Promise.resolve();
      return new Promise((resolve) => {
        const ofKey = waiting.get(key) ?? new Set();
        waiting.set(key, ofKey);
        const finish = (): void => {
          cancel();
          ofKey.delete(look);
          if (ofKey.size === 0) waiting.delete(key);
          resolve();
        };
        const look = (): void => {
          if (holds()) finish();
        };
        const cancel = clock.after(timeoutMs, finish);
        ofKey.add(look);
      });
    },
    wake(key) {
      for (const look of waiting.get(key) ?? []) look();
    },
  };
}
