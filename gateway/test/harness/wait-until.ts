import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits until a condition holds and returns what it gave: anything but false, null and undefined.
 * A condition that throws does not hold yet.
 * @param what completes "waited too long for ..."
 * @throws when it does not hold within the time, with what it threw last
 */
export async function waitUntil<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadlineMs) throw new Error(`waited too long for ${what}`, { cause });
    await delay(POLL_MS);
  }
}
