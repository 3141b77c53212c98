import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { handleInOrder } from './handle-in-order.ts';

test('a slow event is not overtaken, and a failing one stops nothing', async () => {
  const emitter = new EventEmitter();
  const handled: string[] = [];
  const slow = Promise.withResolvers<void>();
  const done = Promise.withResolvers<void>();
  const handle = async (name: string): Promise<void> => {
    if (name === 'slow') await slow.promise;
    handled.push(name);
    if (name === 'failing') throw new Error('reported elsewhere');
    if (name === 'last') done.resolve();
  };
  // As the library does: an event emitter knows nothing of promises.
  emitter.on('message', handle as (name: string) => void);
  handleInOrder(emitter, 'message');
  for (const name of ['slow', 'failing', 'last']) emitter.emit('message', name);
  await Promise.resolve();
  assert.deepEqual(handled, []);
  slow.resolve();
  await done.promise;
  assert.deepEqual(handled, ['slow', 'failing', 'last']);
});
