import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from './slots.ts';

test('what was added is here until it is removed, also while it is gone through', () => {
  const slots = new Slots<string>();
  const [a, b] = [slots.add('a'), slots.add('b')];
  slots.add('c');
  slots.remove(b);
  assert.deepEqual([...slots], ['a', 'c']);
  slots.add('d');
  assert.equal(slots.size, 3);
  for (const item of slots) if (item === 'a') slots.remove(a);
  assert.deepEqual([...slots].toSorted(), ['c', 'd']);
});
