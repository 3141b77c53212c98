import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addMonths, dayOfMonth } from './months.ts';

const at = (text: string): number => Date.parse(`${text}T12:34:56.000Z`);

test('months end where the calendar ends', () => {
  assert.equal(addMonths(at('2026-01-31'), 1, 31), at('2026-02-28'));
  assert.equal(addMonths(at('2028-01-31'), 1, 31), at('2028-02-29'));
  assert.equal(addMonths(at('2028-02-29'), 12, 29), at('2029-02-28'));
  assert.equal(addMonths(at('2026-08-31'), 6, 31), at('2027-02-28'));
  assert.equal(addMonths(at('2026-12-15'), 1, 15), at('2027-01-15'));
});

test('a February does not turn the 31st into the 28th for ever', () => {
  const february = addMonths(at('2026-01-31'), 1, 31);
  assert.equal(addMonths(february, 1, 31), at('2026-03-31'));
  assert.equal(addMonths(addMonths(at('2028-02-29'), 12, 29), 36, 29), at('2032-02-29'));
});

const anyTime = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });

test('twelve times a month is a year, and more months are never earlier', () => {
  fc.assert(
    fc.property(anyTime, (date) => {
      const fromMs = date.getTime();
      const day = dayOfMonth(fromMs);
      let stepped = fromMs;
      for (let month = 0; month < 12; month += 1) {
        const next = addMonths(stepped, 1, day);
        assert.ok(next > stepped);
        stepped = next;
      }
      assert.equal(stepped, addMonths(fromMs, 12, day));
    }),
  );
});
