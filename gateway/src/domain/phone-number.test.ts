import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callingCodeOf, digitsOf, parsePhoneNumber } from './phone-number.ts';

describe('parsePhoneNumber', () => {
  for (const [written, countryCode, expected] of [
    ['447400733413', null, '447400733413'],
    ['+447400733413', null, '447400733413'],
    ['00447400733413', null, '447400733413'],
    [' +44 (7400) 733-413 ', null, '447400733413'],
    ['44.7400.733.413', null, '447400733413'],
    ['\u200e+44\u00a07400\u2011733413\u200f', null, '447400733413'],
    ['07400733413', '44', '447400733413'],
    ['(07400) 733413', '44', '447400733413'],
    ['+447400733413', '49', '447400733413'],
    ['00447400733413', '49', '447400733413'],
    ['۰۹۱۲۳۴۵۶۷۸۹', '98', '989123456789'],
    ['+۹۸ ۹۱۲ ۳۴۵ ۶۷۸۹', null, '989123456789'],
    ['٩٦٦٥١٢٣٤٥٦٧٨', null, '966512345678'],
    ['４４７４００７３３４１３', null, '447400733413'],
    ['15303776310', null, '15303776310'],
  ] as const) {
    test(`${JSON.stringify(written)} with ${countryCode ?? 'no'} country code`, () => {
      assert.equal(parsePhoneNumber(written, countryCode), expected);
    });
  }

  for (const [written, why] of [
    ['', /digits/],
    ['+', /digits/],
    ['call me', /digits/],
    ['44740073341x', /digits/],
    ['447400733413,447400733414', /digits/],
    ['120363292564959780@g.us', /digits/],
    ['++447400733413', /digits/],
    ['1234567', /8 to 15 digits/],
    ['4474007334134474', /8 to 15 digits/],
    ['4'.repeat(400), /8 to 15 digits/],
    ['07400733413', /begins with 0/],
    ['44740073341311', /no such number/],
    ['999999999999', /no such number/],
    ['000447400733413', /no such number/],
  ] as const) {
    test(`refuses ${JSON.stringify(written.slice(0, 30))}`, () => {
      assert.throws(() => parsePhoneNumber(written, null), {
        code: 'invalid_phone_number',
        message: why,
      });
    });
  }

  test('echoes no more than the beginning of what was written', () => {
    assert.throws(
      () => parsePhoneNumber('9'.repeat(5000), null),
      (error: Error) => error.message.length < 200,
    );
  });
});

test('digitsOf keeps digits of any script', () => {
  assert.equal(digitsOf('+1 (555) ۰۱'), '155501');
});

test('callingCodeOf', () => {
  assert.equal(callingCodeOf('447400000001'), '44');
  assert.equal(callingCodeOf('15551234567'), '1');
  assert.equal(callingCodeOf('999'), null);
});
