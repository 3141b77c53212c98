import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchedule } from './schedule.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

test('seconds and milliseconds mean the same moment', () => {
  const atMs = NOW_MS + 60_000;
  assert.equal(parseSchedule(String(atMs / 1000), NOW_MS), atMs);
  assert.equal(parseSchedule(String(atMs), NOW_MS), atMs);
});

test('absent, empty and past mean now', () => {
  for (const written of [undefined, '', '  ', '0', '1724160037', String(NOW_MS)]) {
    assert.equal(parseSchedule(written, NOW_MS), null, String(written));
  }
});

test('what is no time, or more than a year ahead, is refused', () => {
  const tooFar = String(NOW_MS / 1000 + 367 * 86_400);
  for (const written of ['tomorrow', '1.5', '-5', '1e9', '99999999999999999', tooFar]) {
    assert.throws(() => parseSchedule(written, NOW_MS), { code: 'invalid_schedule' }, written);
  }
});
