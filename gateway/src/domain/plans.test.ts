import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cycleOf, planOf, planOfService, PLANS } from './plans.ts';

test('only what is sold can be bought', () => {
  assert.equal(planOf(PLANS, 4).name, 'Premium');
  assert.equal(cycleOf(12), 12);
  for (const id of [0, 1, 5, Number.NaN]) {
    assert.throws(() => planOf(PLANS, id), {
      code: 'invalid_parameter',
      message: 'The planId must be 2 (Basic), 3 (Pro) or 4 (Premium).',
    });
  }
  for (const months of [0, 2, 24]) {
    assert.throws(() => cycleOf(months), { code: 'invalid_parameter' });
  }
});

test('a service whose plan is not sold any more goes on without webhooks', () => {
  const plan = { id: 9, name: 'Plan 9', level: 1, hasWebhooks: false };
  assert.deepEqual(planOfService(PLANS, 9), plan);
});
