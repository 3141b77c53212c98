import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SignalDataSet, SignalKeyStore } from './baileys.ts';
import { createKeyTransactions } from './key-transactions.ts';

/** A store that keeps everything in memory. */
function memoryStore(): SignalKeyStore & { readonly kept: Map<string, unknown> } {
  const kept = new Map<string, unknown>();
  return {
    kept,
    async get(type: string, ids: string[]) {
      // As a database would: what was read is told a moment later.
      await new Promise(setImmediate);
      const found = ids.map((id) => [id, kept.get(`${type}|${id}`)] as const);
      return Object.fromEntries(found.filter(([, value]) => value != null)) as never;
    },
    set(data: SignalDataSet) {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values)) kept.set(`${type}|${id}`, value);
      }
    },
  };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('changes are seen inside at once, outside when the work is done', async () => {
  const store = memoryStore();
  const keys = createKeyTransactions(store);
  await keys.set({ 'identity-key': { ann: bytes('old'), bob: bytes('bob') } });
  await keys.transaction(async () => {
    await keys.set({ 'identity-key': { ann: bytes('new'), bob: null } });
    await keys.set({ 'identity-key': { cid: bytes('cid') } });
    const seen = await keys.get('identity-key', ['ann', 'bob', 'cid', 'dan']);
    assert.deepEqual(seen, { ann: bytes('new'), cid: bytes('cid') });
    assert.deepEqual(store.kept.get('identity-key|ann'), bytes('old'));
  }, 'key');
  assert.deepEqual(store.kept.get('identity-key|ann'), bytes('new'));
  assert.equal(store.kept.get('identity-key|bob'), null);
});

test('work that fails changes nothing, but for the ratchets it has used', async () => {
  const store = memoryStore();
  const keys = createKeyTransactions(store);
  const work = keys.transaction(async () => {
    await keys.set({ 'sender-key-memory': { group: { ann: true } }, session: { ann: bytes('1') } });
    throw new Error('not sent');
  }, 'key');
  await assert.rejects(work, /not sent/);
  assert.deepEqual([...store.kept.keys()], ['session|ann']);
});

test('one piece of work a key at a time, in order, and nested work at once', async () => {
  const keys = createKeyTransactions(memoryStore());
  const order: string[] = [];
  const mayEnd = Promise.withResolvers<void>();
  const first = keys.transaction(async () => {
    order.push('first begins');
    await keys.transaction(() => Promise.resolve(order.push('nested')), 'key');
    await mayEnd.promise;
    order.push('first ends');
  }, 'key');
  const second = keys.transaction(() => Promise.resolve(order.push('second')), 'key');
  await keys.transaction(() => Promise.resolve(order.push('another key')), 'another');
  mayEnd.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(order, ['first begins', 'nested', 'another key', 'first ends', 'second']);
});

test('work that fails lets the next one in', async () => {
  const keys = createKeyTransactions(memoryStore());
  await assert.rejects(keys.transaction(() => Promise.reject(new Error('no')), 'key'));
  assert.equal(await keys.transaction(() => Promise.resolve('yes'), 'key'), 'yes');
});

test('what was begun inside and changes keys after the end is not forgotten', async () => {
  const store = memoryStore();
  const keys = createKeyTransactions(store);
  const hasEnded = Promise.withResolvers<void>();
  let begun: Promise<void> | undefined;
  await keys.transaction(async () => {
    begun = hasEnded.promise.then(async () => {
      assert.equal(keys.isInTransaction(), false);
      await keys.set({ tctoken: { ann: { token: Buffer.alloc(0), senderTimestamp: 1 } } });
    });
    assert.equal(keys.isInTransaction(), true);
  }, 'key');
  hasEnded.resolve();
  await begun;
  assert.ok(store.kept.has('tctoken|ann'));
});
