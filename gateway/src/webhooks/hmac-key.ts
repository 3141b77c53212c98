import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * A key for HMAC-SHA256 (RFC 2104), used again and again.
 *
 * `createHmac` is as quick (1.7 us), but makes native objects that each garbage collection has to go
 * through. Two one-shot hashes make none.
 */
export class HmacKey {
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** @param bytes the key, of any length */
  constructor(bytes: Uint8Array) {
    const key = bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes;
    this.#inner = padded(key, 0x36, 0);
    this.#outer = padded(key, 0x5c, DIGEST_BYTES);
  }

  /** @returns the signature of a text, in base64 */
  sign(text: string): string {
    const inner = Buffer.concat([this.#inner, Buffer.from(text)]);
    hash('sha256', inner, 'buffer').copy(this.#outer, BLOCK_BYTES);
    return hash('sha256', this.#outer, 'base64');
  }
}

/** A block of the key with a pattern laid over it, and room behind it. */
function padded(key: Uint8Array, pattern: number, roomBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + roomBytes);
  for (let index = 0; index < BLOCK_BYTES; index += 1) block[index] = (key[index] ?? 0) ^ pattern;
  return block;
}
