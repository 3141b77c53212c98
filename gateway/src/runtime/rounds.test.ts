import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { waitUntil } from '../../test/harness/wait-until.ts';
import { createLog } from './log.ts';
import { Rounds } from './rounds.ts';

test('rounds come one after the other, sooner after one that failed, and none after the stop', async () => {
  const clock = new ManualClock();
  const ends: PromiseWithResolvers<void>[] = [];
  const rounds = new Rounds({
    clock,
    log: createLog('silent'),
    run() {
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
    delayMs: () => 1000,
    delayAfterFailureMs: 100,
    complaint: 'a round failed',
  });
  const isWaiting = () => waitUntil('the next round to be set', () => clock.hasAlarm);
  rounds.start();
  clock.advance(5000);
  assert.equal(ends.length, 1, 'the first has not ended');
  ends[0]?.reject(new Error('at first'));
  await isWaiting();
  clock.advance(99);
  assert.equal(ends.length, 1);
  clock.advance(1);
  assert.equal(ends.length, 2);
  ends[1]?.resolve();
  await isWaiting();
  clock.advance(999);
  assert.equal(ends.length, 2);
  clock.advance(1);
  assert.equal(ends.length, 3);
  const stopped = rounds.stop();
  ends[2]?.resolve();
  await stopped;
  clock.advance(100_000);
  assert.equal(ends.length, 3);
});
