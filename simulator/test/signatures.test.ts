import './strict.ts';

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Curve, initAuthCreds } from 'baileys';

import { checks } from './strict.ts';
import { memoryAuth } from './client.ts';
import { TestWorld } from './world.ts';

let world: TestWorld;
before(async () => {
  world = await TestWorld.start();
});
after(() => world.close());

test('a strict client verifies several signatures on its way and none is wrong', async () => {
  const before = checks.passed;
  const client = await world.link('447400000001');
  await client.sendText('447500000001', 'Hello');
  // Two handshakes of two certificates each, and the account signature.
  assert.ok(checks.passed - before >= 5, `${checks.passed - before} signatures were checked`);
  assert.equal(await world.stat('badSignatures'), 0);
});

test('a registration with a badly signed pre-key is refused', async () => {
  const auth = memoryAuth();
  const { signedPreKey } = auth.creds;
  signedPreKey.signature = spoilt(signedPreKey.signature);
  assert.equal(await world.connect(auth).closed(), 400);
  assert.equal(await world.stat('badSignatures'), 1);
});

test('a pre-key signed by another identity is refused', async () => {
  const auth = memoryAuth();
  Object.assign(auth.creds, { signedPreKey: initAuthCreds().signedPreKey });
  assert.equal(await world.connect(auth).closed(), 400);
});

test('a device identity with a bad device signature is refused', async () => {
  const client = world.connect();
  const qr = await client.qr();
  const original = Curve.sign;
  Curve.sign = (key, message) => spoilt(original(key, message));
  try {
    const answer = await world.scan('447400000002', qr);
    assert.deepEqual([answer.status, answer.body['code']], [400, 'bad_device_signature']);
  } finally {
    Curve.sign = original;
  }
  assert.equal(await client.closed(), 401);
  assert.equal(await world.connect(client.auth).closed(), 401);
});

test('a badly signed new pre-key is refused, the old one stays', async () => {
  const client = await world.link('447400000003');
  const original = Curve.sign;
  Curve.sign = (key, message) => spoilt(original(key, message));
  try {
    await assert.rejects(client.socket.rotateSignedPreKey(), /not-acceptable/);
  } finally {
    Curve.sign = original;
  }
  await client.socket.rotateSignedPreKey();
});

function spoilt(signature: Uint8Array): Buffer {
  const changed = Buffer.from(signature);
  changed.writeUInt8(changed.readUInt8(10) ^ 1, 10);
  return changed;
}
