import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { waitUntil } from '../../test/harness/wait-until.ts';
import { createWatch } from './watch.ts';

function world() {
  const clock = new ManualClock();
  const watch = createWatch<string>(clock, 1000);
  const row = { value: null as string | null, looks: 0 };
  const look = () => {
    row.looks += 1;
    return Promise.resolve(row.value);
  };
  return { clock, watch, row, look };
}

test('what is there is found at once', async () => {
  const { watch, row, look } = world();
  row.value = 'there';
  assert.equal(await watch.until('a', look, 5000), 'there');
});

test('whoever is woken looks, and nobody else', async () => {
  const { watch, row, look } = world();
  const found = watch.until('a', look, 5000);
  await waitUntil('a look', () => row.looks === 1);
  watch.wake('b');
  row.value = 'there';
  watch.wake('a');
  assert.equal(await found, 'there');
  assert.equal(row.looks, 2);
});

test('what changes during the look is not missed', async () => {
  const { watch } = world();
  const answers: (string | null)[] = [null, 'there'];
  const found = watch.until(
    'a',
    () => {
      watch.wake('a');
      return Promise.resolve(answers.shift() ?? null);
    },
    5000,
  );
  assert.equal(await found, 'there');
});

test('after a gap everybody looks; without news, now and then; at the end once more', async () => {
  const { clock, watch, row, look } = world();
  const found = watch.until('a', look, 2500);
  await waitUntil('a look', () => row.looks === 1);
  watch.wakeAll();
  await waitUntil('a look', () => row.looks === 2);
  for (let second = 1; second <= 3; second += 1) {
    clock.advance(1000);
    await waitUntil('a look', () => row.looks === 2 + second);
  }
  assert.equal(await found, null);
  assert.equal(row.looks, 5);
});

test('a look that fails ends the wait', async () => {
  const { watch } = world();
  await assert.rejects(
    watch.until('a', () => Promise.reject(new Error('no row')), 5000),
    /no row/,
  );
});
