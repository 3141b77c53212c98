import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVENT_LIFETIME_MS } from '../domain/event.ts';
import { nextAttemptAtMs, type FailedAttempt } from './retry-schedule.ts';

const MIDDLE = 0.5;
const HOUR_MS = 3_600_000;

function failed(attempts: number, more: Partial<FailedAttempt> = {}): FailedAttempt {
  return { attempts, queuedAtMs: 0, retryAfterMs: null, isOverloaded: false, ...more };
}

test('fourteen attempts, the last when seven days are over', () => {
  const times = [0];
  for (let attempts = 1; ; attempts += 1) {
    const next = nextAttemptAtMs(failed(attempts), times.at(-1) ?? 0, MIDDLE);
    if (next === null) break;
    times.push(next);
  }
  const second = 1 / 3600;
  const planned = [5 * second, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24, 24, 24, 24];
  assert.equal(times.length, 14);
  for (const [index, hours] of planned.entries()) {
    const waited = (times[index + 1] ?? 0) - (times[index] ?? 0);
    assert.ok(Math.abs(waited / HOUR_MS - hours) < 1e-6, `after attempt ${index + 1}`);
  }
  assert.equal(times.at(-1), EVENT_LIFETIME_MS);
});

test('a fifth shorter or longer', () => {
  assert.equal(nextAttemptAtMs(failed(2), 0, 0), 240_000);
  assert.equal(nextAttemptAtMs(failed(2), 0, 1), 360_000);
});

test('what the endpoint asks for counts between the planned delay and twice that', () => {
  for (const [asked, expected] of [
    [0, 300_000],
    [400_000, 400_000],
    [86_400_000, 600_000],
  ] as const) {
    assert.equal(nextAttemptAtMs(failed(2, { retryAfterMs: asked }), 0, MIDDLE), expected);
  }
});

test('an overloaded endpoint gets half a minute at least', () => {
  assert.equal(nextAttemptAtMs(failed(1, { isOverloaded: true }), 0, MIDDLE), 30_000);
  assert.equal(nextAttemptAtMs(failed(2, { isOverloaded: true }), 0, MIDDLE), 300_000);
});

test('nothing is tried after its lifetime, nor planned beyond it', () => {
  assert.equal(nextAttemptAtMs(failed(2), EVENT_LIFETIME_MS, MIDDLE), null);
  assert.equal(nextAttemptAtMs(failed(9), EVENT_LIFETIME_MS - 1000, MIDDLE), EVENT_LIFETIME_MS);
});

test('a first attempt at something too old begins its lifetime: a wrong clock had dated it', () => {
  assert.equal(
    nextAttemptAtMs(failed(1), EVENT_LIFETIME_MS * 4, MIDDLE),
    EVENT_LIFETIME_MS * 4 + 5000,
  );
});
