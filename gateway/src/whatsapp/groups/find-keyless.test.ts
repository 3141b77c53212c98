import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findKeyless } from './find-keyless.ts';

const isRefusal = (error: unknown): boolean => error instanceof RangeError;

test('one device without keys is found, and all the others are fetched', async () => {
  const jids = Array.from({ length: 100 }, (_, index) => `member${index}`);
  const fetched = new Set<string>();
  let questions = 0;
  const keyless = await findKeyless(
    jids,
    (asked) => {
      questions += 1;
      if (asked.includes('member61')) return Promise.reject(new RangeError('item-not-found'));
      for (const jid of asked) fetched.add(jid);
      return Promise.resolve();
    },
    isRefusal,
  );
  assert.deepEqual(keyless, ['member61']);
  assert.equal(fetched.size, 99);
  assert.ok(questions <= 15, `${questions} questions`);
});

test('a question that is not answered says nothing about the devices', async () => {
  const unanswered = findKeyless(['a', 'b'], () => Promise.reject(new Error('closed')), isRefusal);
  await assert.rejects(unanswered, /closed/);
});
