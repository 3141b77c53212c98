import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandomPool } from './random-pool.ts';

test('no byte is given twice, whatever the helpings', () => {
  let next = 0;
  const take = createRandomPool({
    fraction: () => 0,
    // A running number in four bytes, so that every helping can be told from all others.
    bytes: (count) => {
      const bytes = Buffer.alloc(count);
      for (let at = 0; at + 4 <= count; at += 4) bytes.writeUInt32BE((next += 1), at);
      return bytes;
    },
  });
  const seen = new Set<string>();
  for (let turn = 0; turn < 10_000; turn += 1) {
    const helping = take(turn === 5000 ? 20_000 : 12);
    assert.equal(helping.length, turn === 5000 ? 20_000 : 12);
    seen.add(helping.toString('hex'));
  }
  assert.equal(seen.size, 10_000);
});
