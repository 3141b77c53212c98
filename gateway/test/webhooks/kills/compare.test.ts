import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, isGood } from './compare.ts';

const KEPT = [1, 2, 3].map((tick) => ({ webhookId: `evt_${tick}`, message: '7', tick }));
const came = (tick: number, isTaken = true, webhookId = `evt_${tick}`) => {
  return { webhookId, message: '7', tick, isTaken };
};

test('a repeat is no breach', () => {
  const verdict = compare(KEPT, [came(1, false), came(1), came(2), came(2), came(3)]);
  assert.ok(isGood(verdict));
  assert.equal(verdict.repeats, 2);
});

test('what was never taken is lost', () => {
  assert.deepEqual(compare(KEPT, [came(1), came(2), came(3, false)]).lost, ['evt_3']);
});

test('a state after a later one, also a repeated one, is an inversion', () => {
  assert.deepEqual(compare(KEPT, [came(1), came(2), came(1), came(3)]).inversions, [
    '7: 1 after 2',
  ]);
});

test('a repeat under another id is a breach', () => {
  const verdict = compare(KEPT, [came(1), came(1, true, 'evt_9'), came(2), came(3)]);
  assert.deepEqual(verdict.strangers, ['evt_9']);
});
