import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/min';
import { isPossibleInItsCountry, isPossibleNumber } from './possible-number.ts';

const codes = [...new Set(getCountries().map((country) => getCountryCallingCode(country)))];
/** National parts, many with what looks like a trunk prefix. */
const digits = fc.stringMatching(/^(0|1|8|00|015)?\d{4,11}$/);

test('the short way judges as the library does, for every calling code', () => {
  for (const code of codes) {
    fc.assert(
      fc.property(digits, (national) => {
        const number = code + national;
        assert.equal(isPossibleNumber(number), isPossibleInItsCountry(number), number);
      }),
      { numRuns: 60 },
    );
  }
});

test('what has no calling code is not possible', () => {
  for (const number of ['', '0', '07400733413', '999999999999', '210123456789']) {
    assert.equal(isPossibleNumber(number), false, number);
  }
});
