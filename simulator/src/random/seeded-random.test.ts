import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SeededRandom } from './seeded-random.ts';

test('the same seed and purpose give the same bytes, others give others', () => {
  const random = new SeededRandom('seed');
  assert.deepEqual(random.bytes('a', 80), new SeededRandom('seed').bytes('a', 80));
  assert.notDeepEqual(random.bytes('a', 32), random.bytes('b', 32));
  assert.notDeepEqual(random.bytes('a', 32), new SeededRandom('other').bytes('a', 32));
  assert.deepEqual(random.bytes('a', 80).subarray(0, 10), random.bytes('a', 10));
});
