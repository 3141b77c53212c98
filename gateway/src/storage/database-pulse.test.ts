import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { DatabasePulse } from './database-pulse.ts';

let clock = new ManualClock();
let questions: PromiseWithResolvers<boolean>[] = [];
let changes: boolean[] = [];

function ask(): Promise<boolean> {
  const question = Promise.withResolvers<boolean>();
  questions.push(question);
  return question.promise;
}

function startPulse(): DatabasePulse {
  const pulse = new DatabasePulse(ask, clock, (isSilent) => changes.push(isSilent));
  pulse.start();
  return pulse;
}

async function end(isAnswered: boolean): Promise<void> {
  questions.at(-1)?.resolve(isAnswered);
  await new Promise(setImmediate);
}

beforeEach(() => {
  clock = new ManualClock();
  questions = [];
  changes = [];
});

test('a database that answers or refuses in time is never silent', async () => {
  const pulse = startPulse();
  for (const isAnswered of [true, false, true]) {
    clock.advance(2900);
    await end(isAnswered);
    clock.advance(1000);
  }
  assert.equal(questions.length, 4);
  assert.equal(pulse.isSilent, false);
  assert.deepEqual(changes, []);
});

test('whoever waits is told of silence once; it ends with an answer, not with a refusal', async () => {
  const pulse = startPulse();
  const told: string[] = [];
  pulse.onSilence(() => told.push('waiting'));
  pulse.onSilence(() => told.push('gone'))();
  clock.advance(3500);
  assert.deepEqual(told, ['waiting']);
  await end(false);
  assert.equal(pulse.isSilent, true);
  clock.advance(100);
  assert.equal(questions.length, 2, 'it is asked again soon');
  await end(true);
  assert.equal(pulse.isSilent, false);
  assert.deepEqual(changes, [true, false]);
  assert.deepEqual(told, ['waiting']);
});
