import assert from 'node:assert/strict';
import { test } from 'node:test';
import { initAuthCreds } from './baileys.ts';
import { addTransactionCapability, signedKeyPair, Curve } from 'baileys';
import { serviceId } from '../domain/ids.ts';
import { createLog } from '../runtime/log.ts';
import { createBaileysLog } from './baileys-log.ts';
import { createKeyStore, createWriteThroughRepository } from './key-store.ts';
import type { KeyVault } from './key-vault.ts';

// One ratchet, used from two sides at once. With stock transactions the side that commits last
// undoes the other's step, and the next message can not be read.

const log = createBaileysLog(createLog('silent'));

/** A vault that keeps everything in memory. */
function memoryVault(): KeyVault {
  const values = new Map<string, unknown>();
  return {
    async load(_service, type, names) {
      const found = new Map<string, unknown>();
      for (const name of names) {
        const value = values.get(`${type}|${name}`);
        if (value !== undefined && value !== null) found.set(name, value);
      }
      // As a database would: what was read is told a moment later.
      await new Promise(setImmediate);
      return found;
    },
    list: () => Promise.resolve(new Map()),
    stage: (_service, type, name, value) => void values.set(`${type}|${name}`, value),
    durable: () => null,
    forget: () => Promise.resolve(),
    release: () => Promise.resolve(),
    drop: () => undefined,
  };
}

/** One end of a conversation: the library's repository over our stores. */
function person(number: number) {
  const vault = memoryVault();
  const lease = { serviceId: serviceId(number), epoch: 1 };
  const creds = initAuthCreds();
  const options = { maxCommitRetries: 1, delayBetweenTriesMs: 1 };
  const keys = addTransactionCapability(createKeyStore(vault, lease), log, options);
  const make = createWriteThroughRepository(vault, lease);
  const repository = make({ creds, keys }, log, () => Promise.resolve([]));
  return { creds, keys, repository, jid: `${number}@lid` };
}

const withType = (key: Uint8Array): Buffer => Buffer.concat([Buffer.of(5), key]);

async function conversation() {
  const ann = person(1);
  const bob = person(2);
  const preKey = signedKeyPair(bob.creds.signedIdentityKey, bob.creds.signedPreKey.keyId);
  bob.creds.signedPreKey.keyPair.public = preKey.keyPair.public;
  bob.creds.signedPreKey.keyPair.private = preKey.keyPair.private;
  await ann.repository.injectE2ESession({
    jid: bob.jid,
    session: {
      registrationId: bob.creds.registrationId,
      identityKey: withType(bob.creds.signedIdentityKey.public),
      signedPreKey: {
        keyId: preKey.keyId,
        publicKey: withType(preKey.keyPair.public),
        signature: Curve.sign(bob.creds.signedIdentityKey.private, withType(preKey.keyPair.public)),
      },
    },
  });
  const seal = (from: typeof ann, to: typeof ann, text: string) =>
    from.repository.encryptMessage({ jid: to.jid, data: Buffer.from(text) });
  const open = async (
    to: typeof ann,
    from: typeof ann,
    sealed: Awaited<ReturnType<typeof seal>>,
  ): Promise<string> =>
    Buffer.from(await to.repository.decryptMessage({ jid: from.jid, ...sealed })).toString();
  assert.equal(await open(bob, ann, await seal(ann, bob, 'hello')), 'hello');
  assert.equal(await open(ann, bob, await seal(bob, ann, 'hi')), 'hi');
  return { ann, bob, seal, open };
}

test('a message that comes in while one goes out: both steps count', async () => {
  const { ann, bob, seal, open } = await conversation();
  for (let round = 0; round < 5; round += 1) {
    const incoming = await seal(bob, ann, `in ${round}`);
    // As the library sends: in a transaction that has looked at the session before it encrypts,
    // while the incoming message is decrypted in one of its own.
    const outgoing = await ann.keys.transaction(async () => {
      await ann.repository.validateSession(bob.jid);
      assert.equal(await open(ann, bob, incoming), `in ${round}`);
      return await seal(ann, bob, `out ${round}`);
    }, 'ann');
    assert.equal(await open(bob, ann, outgoing), `out ${round}`);
  }
});

test('a transaction that ends late does not undo what happened meanwhile', async () => {
  const { ann, bob, seal, open } = await conversation();
  const mayEnd = Promise.withResolvers<void>();
  const hasSealed = Promise.withResolvers<Awaited<ReturnType<typeof seal>>>();
  const sending = ann.keys.transaction(async () => {
    hasSealed.resolve(await seal(ann, bob, 'first'));
    await mayEnd.promise;
  }, 'ann');
  const first = await hasSealed.promise;
  const second = await seal(ann, bob, 'second');
  mayEnd.resolve();
  await sending;
  const third = await seal(ann, bob, 'third');
  assert.equal(await open(bob, ann, first), 'first');
  assert.equal(await open(bob, ann, second), 'second');
  assert.equal(await open(bob, ann, third), 'third');
});

test('a person written to by number, who answers by hidden id, has one ratchet', async () => {
  const { ann, bob, seal, open } = await conversation();
  const numbered = { ...bob, jid: '447400000002@s.whatsapp.net' };
  await ann.repository.lidMapping.storeLIDPNMappings([{ lid: bob.jid, pn: numbered.jid }]);
  for (let round = 0; round < 5; round += 1) {
    const [first, second] = [await seal(bob, ann, 'one'), await seal(bob, ann, 'two')];
    assert.equal(await open(ann, bob, first), 'one');
    const [outgoing, read] = await Promise.all([
      seal(ann, numbered, `out ${round}`),
      open(ann, bob, second),
    ]);
    assert.equal(read, 'two');
    await assert.rejects(open(ann, bob, second), 'its step was undone');
    const next = await seal(ann, numbered, `next ${round}`);
    assert.equal(await open(bob, ann, outgoing), `out ${round}`);
    assert.equal(await open(bob, ann, next), `next ${round}`);
  }
});
