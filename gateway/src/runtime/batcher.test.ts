import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatcher } from './batcher.ts';

test('what arrives during a flush shares the next one, in order', async () => {
  const batches: number[][] = [];
  const first = Promise.withResolvers<void>();
  const batcher = createBatcher<number, number>(
    async (items) => {
      batches.push(items);
      if (batches.length === 1) await first.promise;
      return items.map((item) => item * 10);
    },
    { itemsMax: 3 },
  );
  const results = [batcher.add(1)];
  await new Promise(setImmediate);
  for (const item of [2, 3, 4, 5]) results.push(batcher.add(item));
  first.resolve();
  assert.deepEqual(await Promise.all(results), [10, 20, 30, 40, 50]);
  assert.deepEqual(batches, [[1], [2, 3, 4], [5]]);
});

test('a failed flush fails its own items only', async () => {
  let isBroken = true;
  const batcher = createBatcher<string, string>(
    (items) => {
      return isBroken ? Promise.reject(new Error('away')) : Promise.resolve(items);
    },
    { itemsMax: 10 },
  );
  await assert.rejects(batcher.add('lost'), /away/);
  isBroken = false;
  assert.equal(await batcher.add('kept'), 'kept');
});

test('drained resolves when the last flush is over', async () => {
  const flush = Promise.withResolvers<number[]>();
  const batcher = createBatcher<number, number>(() => flush.promise, { itemsMax: 10 });
  let isDrained = false;
  const added = batcher.add(1);
  const drained = batcher.drained().then(() => {
    isDrained = true;
  });
  await new Promise(setImmediate);
  assert.equal(isDrained, false);
  flush.resolve([1]);
  await Promise.all([added, drained]);
  assert.equal(isDrained, true);
});

test('whoever comes alone never waits for the rest after a flush', async () => {
  const batcher = createBatcher<number, number>((items) => Promise.resolve(items), {
    itemsMax: 10,
    restMs: 3_600_000,
  });
  for (const item of [1, 2, 3]) assert.equal(await batcher.add(item), item);
});
