import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MESSAGE_STATES, higherTick, wordState } from './message-state.ts';

test('each state has its documented wording', () => {
  const worded = MESSAGE_STATES.map((state) => [
    state,
    ...Object.values(wordState({ state, isScheduled: false, failure: 'x' })),
  ]);
  assert.deepEqual(worded, [
    ['cancelled', 'Canceled', 'Deleted from the queue', ''],
    ['expired', 'Failed', 'expired', ''],
    ['failed', 'Failed', 'x', ''],
    ['accepted', null, null, ''],
    ['fetching', 'In the send queue', 'Pending', ''],
    ['ready', 'In the send queue', 'Pending', ''],
    ['held', 'In the send queue', 'Pending', ''],
    ['sending', 'In the send queue', 'Pending', ''],
    ['server', 'OK', 'Message successfully sent', 'server'],
    ['phone', 'OK', 'Message successfully sent', 'phone'],
    ['read', 'OK', 'Message successfully sent', 'read'],
  ]);
  assert.equal(
    wordState({ state: 'accepted', isScheduled: true, failure: null }).status,
    'Scheduled',
  );
  assert.equal(
    wordState({ state: 'ready', isScheduled: true, failure: null }).statusInfo,
    'Waiting for its time',
  );
  assert.equal(
    wordState({ state: 'held', isScheduled: true, failure: null }).statusInfo,
    'Pending',
    'its time has come',
  );
});

test('the higher tick wins, whichever comes first', () => {
  assert.equal(higherTick('server', 'read'), 'read');
  assert.equal(higherTick('read', 'phone'), 'read');
  assert.equal(higherTick('phone', 'phone'), 'phone');
});
