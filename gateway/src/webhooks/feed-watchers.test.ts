import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { serviceId } from '../domain/ids.ts';
import { createLog } from '../runtime/log.ts';
import { FeedWatchers } from './feed-watchers.ts';

// On a clock that moves only when it is moved: what is seen is seen for the reason named.

const [OURS, THEIRS] = [serviceId(1), serviceId(2)];

function open() {
  const clock = new ManualClock();
  let isVisible = false;
  const looks: number[][] = [];
  const watchers = new FeedWatchers({
    find: (asked) => {
      looks.push(asked.map((watcher) => watcher.serviceId));
      return Promise.resolve(isVisible ? asked.map((_, place) => place) : []);
    },
    clock,
    log: createLog('silent'),
    lookEveryMs: 500,
  });
  let ended = 0;
  const wait = (service: typeof OURS): void => {
    const { signal } = new AbortController();
    void watchers.wait({ serviceId: service, afterId: 0 }, 60_000, signal).then(() => (ended += 1));
  };
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  return {
    wait,
    advance,
    looks,
    notice: (service: typeof OURS) => watchers.notice(service),
    show: () => (isVisible = true),
    ended: () => ended,
  };
}

test('without a notice: a look at all, every half second', async () => {
  const world = open();
  world.wait(OURS);
  world.wait(THEIRS);
  await world.advance(499);
  assert.deepEqual(world.looks, []);
  await world.advance(1);
  assert.deepEqual(world.looks, [[OURS, THEIRS]]);
  world.show();
  await world.advance(500);
  assert.equal(world.ended(), 2);
});

test('a notice: a look at once, at those it is about', async () => {
  const world = open();
  world.wait(OURS);
  world.wait(THEIRS);
  world.show();
  world.notice(OURS);
  await world.advance(0);
  assert.deepEqual(world.looks, [[OURS]]);
  assert.equal(world.ended(), 1);
});

test('what an older transaction hides is looked for again soon, ever more rarely', async () => {
  const world = open();
  world.wait(OURS);
  world.notice(OURS);
  for (let ms = 0; ms < 499; ms += 1) await world.advance(ms === 0 ? 0 : 1);
  assert.ok(world.looks.length >= 4 && world.looks.length <= 8, `${world.looks.length} looks`);
  const before = world.looks.length;
  for (let ms = 0; ms < 5000; ms += 100) await world.advance(100);
  assert.ok(world.looks.length - before <= 12, 'then every half second');
});

test('a notice that comes just before somebody waits counts', async () => {
  const world = open();
  world.notice(OURS);
  await world.advance(0);
  world.wait(OURS);
  world.show();
  await world.advance(10);
  assert.equal(world.ended(), 1);
});
