import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * A key for HMAC-SHA256 (RFC 2104), used again and again.
 *
 * Two one-shot hashes take half of the time of `createHmac` (0.8 of 1.4 us), and make no native
 * objects that each garbage collection has to go through. The hash comes as a string of bytes, since
 * one that comes as a buffer takes four times as long.
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
    this.#outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', this.#outer, 'base64');
  }
}

/** A block of the key with a pattern laid over it, and room behind it. */
function padded(key: Uint8Array, pattern: number, roomBytes: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES + roomBytes);
  for (let index = 0; index < BLOCK_BYTES; index += 1) block[index] = (key[index] ?? 0) ^ pattern;
  return block;
}
