import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideSweep } from './sweep-brake.ts';

test('an ordinary day goes on, a day on which all expire does not', () => {
  const calm = { dueCount: 3, servicesCount: 1000, clockLeadMs: 0 };
  assert.deepEqual(decideSweep(calm), { go: true });
  assert.deepEqual(decideSweep({ ...calm, dueCount: 50 }), { go: true });
  assert.deepEqual(decideSweep({ ...calm, dueCount: 51 }), { go: false, why: 'too_many_at_once' });
  assert.deepEqual(decideSweep({ ...calm, dueCount: 20, servicesCount: 20 }), { go: true });
});

test('a clock that jumped either way is not believed', () => {
  for (const clockLeadMs of [30 * 86_400_000, -30 * 86_400_000]) {
    const outlook = { dueCount: 1, servicesCount: 1000, clockLeadMs };
    assert.deepEqual(decideSweep(outlook), { go: false, why: 'clock_jumped' });
  }
});
