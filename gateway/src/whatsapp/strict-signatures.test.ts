import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
// First: it makes the library strict, as it does in the gateway.
import { initAuthCreds, proto } from './baileys.ts';
import {
  configureSuccessfulPairing,
  Curve,
  hmacSign,
  signedKeyPair,
  type BinaryNode,
} from 'baileys';
import {
  GroupCipher,
  GroupSessionBuilder,
  SenderKeyDistributionMessage,
  SenderKeyName,
  SenderKeyRecord,
} from 'baileys/lib/Signal/Group/index.js';

// Stock Baileys accepts every one of the bad signatures below but the sender key's. Each test shows
// the good one accepted and the bad one refused.

const libsignal = createRequire(import.meta.url)('libsignal') as typeof import('libsignal');
const flip = (bytes: Uint8Array): Buffer => {
  const damaged = Buffer.from(bytes);
  damaged[10] = (damaged[10] ?? 0) ^ 1;
  return damaged;
};

/** What a server sends when a phone has accepted a device (`pair-success`). */
function pairSuccess(credentials: ReturnType<typeof initAuthCreds>, damage = false): BinaryNode {
  const phone = Curve.generateKeyPair();
  const details = proto.ADVDeviceIdentity.encode({ rawId: 1, timestamp: 1, keyIndex: 1 }).finish();
  const signed = Buffer.concat([Buffer.of(6, 0), details, credentials.signedIdentityKey.public]);
  const signature = Curve.sign(phone.private, signed);
  const identity = proto.ADVSignedDeviceIdentity.encode({
    details,
    accountSignatureKey: phone.public,
    accountSignature: damage ? flip(signature) : signature,
  }).finish();
  const hmac = hmacSign(identity, Buffer.from(credentials.advSecretKey, 'base64'));
  const container = proto.ADVSignedDeviceIdentityHMAC.encode({ details: identity, hmac }).finish();
  const children = [
    { tag: 'device-identity', attrs: {}, content: container },
    { tag: 'device', attrs: { jid: '447400000001:1@s.whatsapp.net', lid: '1:1@lid' } },
  ];
  return {
    tag: 'iq',
    attrs: { id: '1' },
    content: [{ tag: 'pair-success', attrs: {}, content: children }],
  };
}

test('a device identity that the phone did not sign is refused', () => {
  const credentials = initAuthCreds();
  assert.ok(configureSuccessfulPairing(pairSuccess(credentials), credentials).creds.account);
  assert.throws(
    () => configureSuccessfulPairing(pairSuccess(credentials, true), credentials),
    /account signature/,
  );
});

test('a signed pre-key that its owner did not sign is refused', async () => {
  const own = initAuthCreds();
  const theirs = Curve.generateKeyPair();
  const preKey = signedKeyPair(theirs, 1);
  const storage = {
    isTrustedIdentity: () => true,
    loadSession: () => Promise.resolve(undefined),
    storeSession: () => Promise.resolve(),
    getOurIdentity: () => ({
      privKey: Buffer.from(own.signedIdentityKey.private),
      pubKey: withType(own.signedIdentityKey.public),
    }),
    getOurRegistrationId: () => own.registrationId,
  };
  const bundle = (signature: Uint8Array) => ({
    registrationId: 1,
    identityKey: withType(theirs.public),
    signedPreKey: { keyId: 1, publicKey: withType(preKey.keyPair.public), signature },
  });
  const open = (signature: Uint8Array): Promise<void> =>
    new libsignal.SessionBuilder(
      storage as never,
      new libsignal.ProtocolAddress('1_1', 0),
    ).initOutgoing(bundle(signature) as never);
  await open(preKey.signature);
  await assert.rejects(open(flip(preKey.signature)), /invalid signature/);
});

test('a group message that the sender key did not sign is refused', async () => {
  const name = new SenderKeyName('1@g.us', new libsignal.ProtocolAddress('1_1', 0));
  const sender = senderKeyStore();
  const skdm = await new GroupSessionBuilder(sender).create(name);
  const message = await new GroupCipher(sender, name).encrypt(Buffer.from('hello'));
  const open = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const receiver = senderKeyStore();
    const received = new SenderKeyDistributionMessage(null, null, null, null, skdm.serialize());
    await new GroupSessionBuilder(receiver).process(name, received);
    return await new GroupCipher(receiver, name).decrypt(bytes);
  };
  assert.equal(Buffer.from(await open(message)).toString(), 'hello');
  const damaged = Buffer.from(message);
  damaged[damaged.length - 20] = (damaged[damaged.length - 20] ?? 0) ^ 1;
  await assert.rejects(open(damaged), /invalid signature/);
});

function withType(publicKey: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(5), publicKey]);
}

function senderKeyStore() {
  let kept = new SenderKeyRecord();
  return {
    loadSenderKey: () => Promise.resolve(kept),
    storeSenderKey: (_name: SenderKeyName, record: SenderKeyRecord) => {
      kept = record;
      return Promise.resolve();
    },
  };
}
