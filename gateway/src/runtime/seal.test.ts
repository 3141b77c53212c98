import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFingerprint, createSealer } from './seal.ts';

const masterKey = randomBytes(32);
const sealer = createSealer(masterKey, 'account:1');

test('what was sealed under a name opens under it', () => {
  fc.assert(
    fc.property(fc.string(), fc.uint8Array(), (name, plain) => {
      assert.deepEqual(sealer.open(name, sealer.seal(name, plain)), Buffer.from(plain));
    }),
  );
});

test('nothing opens a value under another name, account or master key, or with a bit flipped', () => {
  const sealed = sealer.seal('session|1', Buffer.from('ratchet'));
  assert.throws(() => sealer.open('session|2', sealed));
  assert.throws(() => createSealer(masterKey, 'account:2').open('session|1', sealed));
  assert.throws(() => createSealer(randomBytes(32), 'account:1').open('session|1', sealed));
  for (let byte = 0; byte < sealed.length; byte += 1) {
    const damaged = Buffer.from(sealed);
    damaged[byte] = (damaged[byte] ?? 0) ^ 1;
    assert.throws(() => sealer.open('session|1', damaged), `byte ${byte}`);
  }
});

test('a fingerprint depends on the secret and on the master key', () => {
  const fingerprint = createFingerprint(masterKey);
  assert.deepEqual(fingerprint('key'), fingerprint('key'));
  assert.notDeepEqual(fingerprint('key'), fingerprint('other'));
  assert.notDeepEqual(fingerprint('key'), createFingerprint(randomBytes(32))('key'));
});
