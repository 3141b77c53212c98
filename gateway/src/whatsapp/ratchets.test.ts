import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  open,
  openCorrespondent,
  openSession,
  seal,
  type Sealed,
} from '../../test/harness/correspondent.ts';
import type { KeyVault } from './key-vault.ts';

// One ratchet, used from two sides at once. With stock transactions the side that commits last
// undoes the other's step, and the next message can not be read.

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

async function conversation() {
  const ann = openCorrespondent(1, memoryVault());
  const bob = openCorrespondent(2, memoryVault());
  await openSession(ann, bob);
  assert.equal(await open(bob, ann, await seal(ann, bob, 'hello')), 'hello');
  assert.equal(await open(ann, bob, await seal(bob, ann, 'hi')), 'hi');
  return { ann, bob };
}

test('a message that comes in while one goes out: both steps count', async () => {
  const { ann, bob } = await conversation();
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
  const { ann, bob } = await conversation();
  const mayEnd = Promise.withResolvers<void>();
  const hasSealed = Promise.withResolvers<Sealed>();
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
  const { ann, bob } = await conversation();
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

test('two who begin to write to each other at the same moment can read everything', async () => {
  const ann = openCorrespondent(1, memoryVault());
  const bob = openCorrespondent(2, memoryVault());
  await openSession(ann, bob);
  await openSession(bob, ann);
  const [toBob, toAnn] = [await seal(ann, bob, 'from ann'), await seal(bob, ann, 'from bob')];
  // Each begins a session with the other now, and closes the one it had begun itself.
  assert.equal(await open(bob, ann, toBob), 'from ann');
  assert.equal(await open(ann, bob, toAnn), 'from bob');
  for (let round = 0; round < 5; round += 1) {
    for (const [from, to] of [
      [ann, bob],
      [bob, ann],
    ] as const) {
      assert.equal(await open(to, from, await seal(from, to, `round ${round}`)), `round ${round}`);
    }
  }
});

test('of a message that was read before it is said so, also where it does not begin a session', async () => {
  const ann = openCorrespondent(1, memoryVault());
  const bob = openCorrespondent(2, memoryVault());
  await openSession(ann, bob);
  const first = await seal(ann, bob, 'first');
  assert.equal(await open(bob, ann, first), 'first');
  assert.equal(await open(ann, bob, await seal(bob, ann, 'answer')), 'answer');
  const second = await seal(ann, bob, 'second');
  assert.equal(await open(bob, ann, second), 'second');
  assert.deepEqual([first.type, second.type], ['pkmsg', 'msg']);
  await assert.rejects(open(bob, ann, first), { message: 'Key used already or never filled' });
  await assert.rejects(open(bob, ann, second), { message: 'Key used already or never filled' });
});
