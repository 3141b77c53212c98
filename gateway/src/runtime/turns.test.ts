import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTurns } from './turns.ts';

test('no more than so many are under way, in the order they came, whatever fails', async () => {
  const inTurn = createTurns(2);
  const begun: number[] = [];
  let underWay = 0;
  let most = 0;
  const ends = [0, 1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const runs = ends.map(({ promise }, number) =>
    inTurn(async () => {
      begun.push(number);
      underWay += 1;
      most = Math.max(most, underWay);
      await promise;
      underWay -= 1;
      if (number === 1) throw new Error('this one fails');
    }),
  );
  assert.deepEqual(begun, [0, 1]);
  for (const { resolve } of ends.toReversed()) resolve();
  const results = await Promise.allSettled(runs);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  assert.equal(most, 2);
  assert.deepEqual(
    results.map(({ status }) => status === 'fulfilled'),
    [true, false, true, true, true],
  );
});
