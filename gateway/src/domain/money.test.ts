import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cents, formatAmount, parseAmount } from './money.ts';

test('amounts are read to the cent', () => {
  assert.equal(parseAmount('100', 'credit'), 10_000);
  assert.equal(parseAmount('0.5', 'credit'), 50);
  assert.equal(parseAmount(' 145.00 ', 'credit'), 14_500);
  for (const written of ['', '1,00', '1.234', '-1', '1e3', '.5', 'NaN', '9999999999999']) {
    assert.throws(() => parseAmount(written, 'credit'), { code: 'invalid_parameter' }, written);
  }
});

test('what is written can be read again', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000_000), (amount) => {
      assert.equal(parseAmount(formatAmount(cents(amount)), 'credit'), amount);
    }),
  );
});
