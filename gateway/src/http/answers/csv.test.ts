import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvLine } from './csv.ts';

test('quotes what needs it, and defuses formulas, but not amounts', () => {
  assert.equal(csvLine([1, null, 'a,b', 'say "x"', '-5.00']), '1,,"a,b","say ""x""",-5.00\r\n');
  assert.equal(csvLine(['=HYPERLINK(1)', '+1', '-x']), "'=HYPERLINK(1),'+1,'-x\r\n");
});
