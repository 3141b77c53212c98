import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { Alarm } from './alarm.ts';

test('rings once, at the earliest time asked for, and can be set again', () => {
  const clock = new ManualClock();
  const rings: number[] = [];
  const alarm = new Alarm(clock, () => rings.push(clock.monotonicMs()));
  for (const delayMs of [5000, 9000, 2000, 3000]) alarm.ringWithin(delayMs);
  clock.advance(20_000);
  assert.deepEqual(rings, [2000]);
  alarm.ringWithin(1000);
  clock.advance(20_000);
  assert.deepEqual(rings, [2000, 21_000]);
  alarm.ringWithin(1000);
  alarm.cancel();
  clock.advance(20_000);
  assert.equal(rings.length, 2);
});
