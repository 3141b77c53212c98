import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { calculateSignature, generateKeyPair, verifySignature } from 'libsignal/src/curve.js';

import { withKeyType } from './key-pair.ts';
import { isSignedBy, sign, signingKeyFrom } from './signatures.ts';

test('libsignal accepts what we sign, and nothing that was changed', () => {
  for (let round = 0; round < 8; round++) {
    const key = signingKeyFrom(randomBytes(32));
    const message = randomBytes(round * 20);
    const signature = sign(key, message);
    const publicKey = withKeyType(key.publicKey);
    assert.equal(verifySignature(publicKey, message, signature), true);
    assert.equal(
      verifySignature(publicKey, Buffer.concat([message, Buffer.of(1)]), signature),
      false,
    );
  }
});

test('we accept what libsignal signs', () => {
  for (let round = 0; round < 8; round++) {
    const { pubKey, privKey } = generateKeyPair();
    const message = randomBytes(33);
    const signature = calculateSignature(privKey, message);
    assert.equal(isSignedBy(pubKey.subarray(1), message, signature), true);
  }
});

test('no other key, message or signature passes', () => {
  const { pubKey, privKey } = generateKeyPair();
  const publicKey = pubKey.subarray(1);
  const message = randomBytes(40);
  const signature = Buffer.from(calculateSignature(privKey, message));
  assert.equal(isSignedBy(generateKeyPair().pubKey.subarray(1), message, signature), false);
  assert.equal(isSignedBy(publicKey, randomBytes(40), signature), false);
  assert.equal(isSignedBy(publicKey, message, signature.subarray(1)), false);
  assert.equal(isSignedBy(publicKey, message, Buffer.alloc(64)), false);
  assert.equal(isSignedBy(Buffer.alloc(32, 255), message, signature), false);
  for (let place = 0; place < 64; place++) {
    const changed = Buffer.from(signature);
    changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
    assert.equal(isSignedBy(publicKey, message, changed), false, `byte ${place} does not count`);
  }
});
