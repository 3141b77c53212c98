import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cycleOf, planOf } from './plans.ts';

test('only what is sold can be bought', () => {
  assert.equal(planOf(4).name, 'Premium');
  assert.equal(cycleOf(12), 12);
  for (const id of [0, 1, 5, Number.NaN]) {
    assert.throws(() => planOf(id), { code: 'invalid_parameter' });
  }
  for (const months of [0, 2, 24]) {
    assert.throws(() => cycleOf(months), { code: 'invalid_parameter' });
  }
});
