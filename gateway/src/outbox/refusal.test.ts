import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideRefusal } from './refusal.ts';

const first = { attempts: 1, hadFreshDevices: false };

test('a restricted account: that message fails at once, new chats pause', () => {
  assert.deepEqual(decideRefusal('account_restricted', first, 0), {
    next: { type: 'fail' },
    slowsDown: false,
    pausesNewChats: true,
  });
});

test('too fast: again after a minute, then twice as long each time, in the end it fails', () => {
  const waits = [1, 2, 3, 7].map((attempts) => {
    const { next, slowsDown } = decideRefusal('too_fast', { ...first, attempts }, 0);
    assert.ok(slowsDown && next.type === 'postpone');
    return next.delayMs / 60_000;
  });
  assert.deepEqual(waits, [1, 2, 4, 64]);
  const { next } = decideRefusal('too_fast', first, 0.999);
  assert.ok(next.type === 'postpone' && next.delayMs > 89_000 && next.delayMs < 90_000);
  assert.deepEqual(decideRefusal('too_fast', { ...first, attempts: 8 }, 0).next, { type: 'fail' });
});

test('a refused stanza: once more to devices asked for anew', () => {
  assert.deepEqual(decideRefusal('stanza_refused', first, 0).next, { type: 'fresh-devices' });
  const again = { attempts: 1, hadFreshDevices: true };
  assert.deepEqual(decideRefusal('stanza_refused', again, 0).next, { type: 'fail' });
});

test('what nobody knows fails', () => {
  assert.deepEqual(decideRefusal('refused_500', first, 0).next, { type: 'fail' });
});
