import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openTestDatabase } from '../../../test/harness/stored-service.ts';
import { systemClock, type Clock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { DatabaseClock } from './database-clock.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());

test('what the machine’s wall clock says or jumps to does not matter', async () => {
  let jumpMs = 30 * 86_400_000;
  const wrong: Clock = { ...systemClock, now: () => Date.now() + jumpMs };
  const clock = new DatabaseClock(opened.database, wrong, createLog('silent'));
  await clock.start();
  assert.ok(Math.abs(clock.now() - Date.now()) < 1000);
  jumpMs = -jumpMs;
  assert.ok(Math.abs(clock.now() - Date.now()) < 1000);
  clock.stop();
});
