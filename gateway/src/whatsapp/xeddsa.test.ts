import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyXeddsa } from './xeddsa.ts';

/** The JavaScript that libsignal itself verifies and signs with. */
const reference = createRequire(import.meta.url)('curve25519-js') as {
  generateKeyPair(seed: Uint8Array): { public: Uint8Array; private: Uint8Array };
  sign(key: Uint8Array, message: Uint8Array): Uint8Array;
  verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
};

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const messages = fc.uint8Array({ minLength: 1, maxLength: 80 });

test('accepts what libsignal signs', () => {
  fc.assert(
    fc.property(seeds, messages, (seed, message) => {
      const key = reference.generateKeyPair(seed);
      assert.equal(verifyXeddsa(key.public, message, reference.sign(key.private, message)), true);
    }),
    { numRuns: 40 },
  );
});

test('judges a damaged signature as libsignal does: wrong', () => {
  fc.assert(
    fc.property(seeds, messages, fc.nat(511), (seed, message, bit) => {
      const key = reference.generateKeyPair(seed);
      const signature = reference.sign(key.private, message);
      const byte = Math.trunc(bit / 8);
      signature[byte] = (signature[byte] ?? 0) ^ (1 << (bit % 8));
      const verdict = verifyXeddsa(key.public, message, signature);
      assert.equal(verdict, reference.verify(key.public, message, signature));
      assert.equal(verdict, false);
    }),
    { numRuns: 40 },
  );
});

test('refuses another message, another key, and what is no key or signature', () => {
  const key = reference.generateKeyPair(new Uint8Array(32).fill(7));
  const other = reference.generateKeyPair(new Uint8Array(32).fill(8));
  const message = Buffer.from('the message');
  const signature = reference.sign(key.private, message);
  assert.equal(verifyXeddsa(key.public, Buffer.from('another'), signature), false);
  assert.equal(verifyXeddsa(other.public, message, signature), false);
  assert.equal(verifyXeddsa(key.public.subarray(1), message, signature), false);
  assert.equal(verifyXeddsa(key.public, message, signature.subarray(1)), false);
  assert.equal(verifyXeddsa(new Uint8Array(32).fill(255), message, signature), false);
});
