import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './comparison.ts';

const EXAMPLE = {
  success: 'true',
  messageId: 5,
  created: '2024/04/14 19:08:11',
  data: [{ id: '1', status: null, delivery: '' }],
};

test('other data of the same form is no difference', () => {
  const answer = {
    success: 'true',
    messageId: 77,
    created: '2026/01/01 00:00:00',
    data: [
      { id: '9', status: null, delivery: '' },
      { id: '10', status: null, delivery: '' },
    ],
  };
  assert.deepEqual(differences(EXAMPLE, answer), []);
});

for (const [what, answer] of [
  ['a missing field', { success: 'true', messageId: 5, created: EXAMPLE.created }],
  ['a field more', { ...EXAMPLE, more: 1 }],
  [
    'another order',
    { messageId: 5, success: 'true', created: EXAMPLE.created, data: EXAMPLE.data },
  ],
  ['another wording', { ...EXAMPLE, success: 'yes' }],
  ['a boolean for a text', { ...EXAMPLE, success: true }],
  ['a text for a number', { ...EXAMPLE, messageId: '5' }],
  ['another form of date', { ...EXAMPLE, created: '2024-04-14 19:08:11' }],
  ['an empty list', { ...EXAMPLE, data: [] }],
  ['a text for null', { ...EXAMPLE, data: [{ id: '1', status: '', delivery: '' }] }],
  ['a field more in a later row', { ...EXAMPLE, data: [EXAMPLE.data[0], { id: '1' }] }],
] as const) {
  test(`${what} is one difference`, () => {
    assert.equal(differences(EXAMPLE, answer).length, 1);
  });
}
