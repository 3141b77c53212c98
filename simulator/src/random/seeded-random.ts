import { createHmac } from 'node:crypto';

/**
 * Everything of the world that may be reproducible comes from here: the same seed and purpose
 * always give the same bytes, whatever was asked before.
 */
export class SeededRandom {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** `length` bytes that belong to this purpose alone. */
  bytes(purpose: string, length: number): Buffer {
    const blocks: Buffer[] = [];
    for (let have = 0; have < length; have += 32) {
      const block = createHmac('sha256', this.#seed).update(`${purpose}\0${blocks.length}`);
      blocks.push(block.digest());
    }
    return Buffer.concat(blocks).subarray(0, length);
  }

  /** An integer from 0 up to and without `bound` (at most 2^48). */
  integer(purpose: string, bound: number): number {
    return this.bytes(purpose, 6).readUIntBE(0, 6) % bound;
  }
}
