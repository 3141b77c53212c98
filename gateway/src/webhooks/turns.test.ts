import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from './turns.ts';

test('everybody who can go gets a turn before anybody gets a second', () => {
  const turns = new Turns<string>();
  for (const key of ['a', 'b', 'c', 'd']) turns.add(key);
  const order = Array.from({ length: 6 }, () => turns.next((key) => key !== 'b'));
  assert.deepEqual(order, ['a', 'c', 'd', 'a', 'c', 'd']);
  assert.equal(
    turns.next(() => true),
    'b',
    'whoever could not go is not behind',
  );
  turns.remove('a');
  assert.equal(
    turns.next((key) => key === 'a'),
    null,
  );
});
