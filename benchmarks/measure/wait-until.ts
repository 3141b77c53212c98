import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until a condition holds.
 * @param what completes "waited too long for ..."
 * @throws when it does not hold in time
 */
export async function waitUntil(
  what: string,
  condition: () => Promise<boolean>,
  { everyMs = 15, timeoutMs = 60_000 } = {},
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited too long for ${what}`);
    await delay(everyMs);
  }
}
