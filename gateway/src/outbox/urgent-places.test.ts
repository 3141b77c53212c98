import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dividePlaces } from './urgent-places.ts';

test('of five places in a row urgent messages have four, however the claims are cut', () => {
  const claims = fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(claims, (counts) => {
      let turn = 0;
      let urgent = 0;
      for (const count of counts) {
        const places = dividePlaces(count, turn);
        assert.equal(places.count, count);
        turn += count;
        urgent += places.urgentFirst;
        const others = turn - urgent;
        assert.equal(others, Math.floor(turn / 5));
      }
    }),
  );
});
