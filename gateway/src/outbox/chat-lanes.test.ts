import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChatLanes } from './chat-lanes.ts';

test('one chat keeps its order, another does not wait for it', async () => {
  const done: string[] = [];
  const allLeft = Promise.withResolvers<void>();
  const lanes: ChatLanes = new ChatLanes(() => {
    if (lanes.size === 0) allLeft.resolve();
  });
  const upload = Promise.withResolvers<void>();
  const otherDone = Promise.withResolvers<void>();
  lanes.run('ann', async () => {
    await upload.promise;
    done.push('film to ann');
  });
  lanes.run('ann', () => Promise.resolve(void done.push('text to ann')));
  lanes.run('bob', () => {
    done.push('text to bob');
    otherDone.resolve();
    return Promise.resolve();
  });
  await otherDone.promise;
  assert.deepEqual([lanes.size > 1, lanes.isBusy('ann')], [true, true]);
  upload.resolve();
  await allLeft.promise;
  assert.deepEqual(done, ['text to bob', 'film to ann', 'text to ann']);
  assert.deepEqual([lanes.isBusy('ann'), lanes.isBusy('bob')], [false, false]);
});
