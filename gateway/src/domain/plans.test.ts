import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addMonths, cycleOf, planOf } from './plans.ts';

const day = (text: string): number => Date.parse(`${text}T12:34:56.000Z`);

test('months end where the calendar ends', () => {
  assert.equal(addMonths(day('2026-01-31'), 1), day('2026-02-28'));
  assert.equal(addMonths(day('2028-01-31'), 1), day('2028-02-29'));
  assert.equal(addMonths(day('2028-02-29'), 12), day('2029-02-28'));
  assert.equal(addMonths(day('2026-08-31'), 6), day('2027-02-28'));
  assert.equal(addMonths(day('2026-12-15'), 1), day('2027-01-15'));
});

test('more months are never earlier', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
      const ends = [1, 3, 6, 12].map((months) => addMonths(date.getTime(), months));
      assert.deepEqual(
        ends,
        ends.toSorted((a, b) => a - b),
      );
      assert.ok((ends[0] ?? 0) > date.getTime());
    }),
  );
});

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
