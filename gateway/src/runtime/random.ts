import { randomBytes } from 'node:crypto';

/** Where chance comes from. Handed in, so that a seed can replay a run. */
export interface Random {
  /** A number from 0 up to, not including, 1. */
  fraction(): number;
  /** `count` unpredictable bytes. */
  bytes(count: number): Buffer;
}

/** Chance from the operating system. */
export const systemRandom: Random = {
  fraction: () => Math.random(),
  bytes: (count) => randomBytes(count),
};
