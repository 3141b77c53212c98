import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_TIME, readTime, type DatabaseTime } from './database-time.ts';

const MINUTE_MS = 60_000;
const DAYS_30_MS = 30 * 24 * 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 1);

/** Reads once a minute for a while; the database's clock is off by `jumpMs`. */
function readFor(before: DatabaseTime, fromMinute: number, minutes: number, jumpMs: number) {
  let time = before;
  const news: string[] = [];
  for (let minute = fromMinute; minute < fromMinute + minutes; minute += 1) {
    const atMs = minute * MINUTE_MS;
    const next = readTime(time, START_MS + atMs + jumpMs, atMs);
    time = next.time;
    if (next.news !== null) news.push(next.news);
  }
  return { time, news };
}

test('drift and small corrections are followed at once', () => {
  const { time } = readFor(NO_TIME, 0, 3, 0);
  const next = readTime(time, START_MS + 3 * MINUTE_MS + 2000, 3 * MINUTE_MS);
  assert.equal(next.time.offsetMs, START_MS + 2000);
  assert.equal(next.news, null);
});

for (const jumpMs of [DAYS_30_MS, -DAYS_30_MS]) {
  test(`a jump of ${jumpMs} ms is believed after ten minutes, not before`, () => {
    const before = readFor(NO_TIME, 0, 2, 0);
    const early = readFor(before.time, 2, 10, jumpMs);
    assert.deepEqual(early.news, ['jumped']);
    assert.equal(early.time.offsetMs, START_MS);
    const late = readFor(early.time, 12, 2, jumpMs);
    assert.deepEqual(late.news, ['believed']);
    assert.equal(late.time.offsetMs, START_MS + jumpMs);
  });

  test(`a clock that comes back after ${jumpMs} ms was never believed`, () => {
    const away = readFor(readFor(NO_TIME, 0, 2, 0).time, 2, 5, jumpMs);
    const back = readFor(away.time, 7, 60, 0);
    assert.deepEqual(back.news, ['returned']);
    assert.equal(back.time.offsetMs, START_MS);
  });
}

test('a second jump begins its ten minutes anew', () => {
  const first = readFor(readFor(NO_TIME, 0, 2, 0).time, 2, 8, DAYS_30_MS);
  const second = readFor(first.time, 10, 8, 2 * DAYS_30_MS);
  assert.deepEqual(second.news, ['jumped']);
  assert.equal(second.time.offsetMs, START_MS);
});
