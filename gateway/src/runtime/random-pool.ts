import type { Random } from './random.ts';

const POOL_BYTES = 8192;

/**
 * Unpredictable bytes in small helpings, drawn from a larger one: asking the operating system for
 * nine bytes costs as much as asking for thousands.
 *
 * What it answers shares memory with its neighbours and must be copied or turned to text at once;
 * it is for ids, not for keys.
 */
export function createRandomPool(random: Random): (count: number) => Buffer {
  let pool: Buffer = Buffer.alloc(0);
  let used = 0;
  return (count) => {
    if (used + count > pool.length) {
      pool = random.bytes(Math.max(POOL_BYTES, count));
      used = 0;
    }
    used += count;
    return pool.subarray(used - count, used);
  };
}
