import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNewChatCap } from './new-chat-cap.ts';

test('numbers and text, seconds and milliseconds are read alike', () => {
  const cap = { total: 100, used: 70, endsAtMs: 1_800_000_000_000 };
  for (const [total_quota, used_quota, cycle_end_timestamp] of [
    [100, 70, '1800000000'],
    ['100', '70', 1_800_000_000_000],
  ]) {
    assert.deepEqual(readNewChatCap({ total_quota, used_quota, cycle_end_timestamp }), cap);
  }
});

test('an account that has reached its cap has nothing left, whatever its numbers say', () => {
  const answer = { total_quota: 100, used_quota: 3, capping_status: 'CAPPED' };
  assert.deepEqual(readNewChatCap(answer), { total: 100, used: 100, endsAtMs: null });
});

test('what can not be read is no cap', () => {
  const odd = ['', -1, 0.5, 'many', null, 0, 1e300];
  const answers = odd.map((total_quota) => ({ total_quota, used_quota: 1 }));
  for (const answer of [null, undefined, 'CAPPED', {}, [], ...answers]) {
    assert.equal(readNewChatCap(answer), null, JSON.stringify(answer));
  }
});
