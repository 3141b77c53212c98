import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyDistributionMessage,
  SenderKeyName,
  SenderKeyRecord,
} from 'baileys/lib/Signal/Group/index.js';
import { ProtocolAddress } from 'libsignal';

import { signingKeyFrom } from '../wire/signatures.ts';
import {
  decryptWith,
  encryptWith,
  isBySender,
  readDistribution,
  readSenderMessage,
  writeDistribution,
} from './sender-key.ts';
import type { SenderKey } from './sender-key.ts';

/** One Baileys user with a store of sender keys. */
function baileysUser() {
  const records = new Map<string, SenderKeyRecord>();
  const store = {
    loadSenderKey: (name: SenderKeyName) =>
      Promise.resolve(records.get(name.toString()) ?? new SenderKeyRecord()),
    storeSenderKey: (name: SenderKeyName, record: SenderKeyRecord) => {
      records.set(name.toString(), record);
      return Promise.resolve();
    },
  };
  const name = new SenderKeyName('1@g.us', new ProtocolAddress('1', 0));
  return {
    cipher: new GroupCipher(store, name),
    builder: new GroupSessionBuilder(store),
    name,
  };
}

test('we read what Baileys writes, in order and out of it', async () => {
  const { cipher, builder, name } = baileysUser();
  const distribution = await builder.create(name);
  let key = readDistribution(Buffer.from(distribution.serialize()));
  const wire: Buffer[] = [];
  for (let number = 0; number < 6; number++) {
    wire.push(Buffer.from(await cipher.encrypt(Buffer.from(`message ${number}`))));
  }
  for (const number of [0, 2, 1, 5, 4, 3]) {
    const message = readSenderMessage(wire[number] ?? Buffer.alloc(0));
    assert.equal(isBySender(key, message), true);
    const opened = decryptWith(key, message);
    assert.equal(opened.plain.toString(), `message ${number}`);
    key = opened.next;
    assert.throws(() => decryptWith(key, message));
  }
});

test('Baileys reads what we write', async () => {
  const { cipher, builder, name } = baileysUser();
  const signer = signingKeyFrom(randomBytes(32));
  let key: SenderKey = {
    keyId: 7,
    iteration: 0,
    chainKey: randomBytes(32),
    signingKey: signer.publicKey,
    skipped: {},
  };
  const bytes = writeDistribution(key);
  const serialized = new SenderKeyDistributionMessage(null, null, null, null, bytes);
  await builder.process(name, serialized);
  for (let number = 0; number < 4; number++) {
    const sealed = encryptWith(key, signer, Buffer.from(`message ${number}`));
    key = sealed.next;
    const plain = await cipher.decrypt(sealed.bytes);
    assert.equal(Buffer.from(plain).toString(), `message ${number}`);
  }
});

test('a message by somebody else is told apart', () => {
  const signer = signingKeyFrom(randomBytes(32));
  const key = {
    keyId: 7,
    iteration: 0,
    chainKey: randomBytes(32),
    signingKey: signer.publicKey,
    skipped: {},
  };
  const forged = encryptWith(key, signingKeyFrom(randomBytes(32)), Buffer.from('forged'));
  assert.equal(isBySender(key, readSenderMessage(forged.bytes)), false);
  const genuine = encryptWith(key, signer, Buffer.from('genuine'));
  assert.equal(isBySender(key, readSenderMessage(genuine.bytes)), true);
});
