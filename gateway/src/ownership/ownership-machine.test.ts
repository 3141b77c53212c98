import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ACCOUNTS, STEP_MS, World } from '../../test/harness/ownership-world.ts';
import { serviceId } from '../domain/ids.ts';

type Blow =
  | { readonly kind: 'kill' | 'start' | 'sleep' | 'wake' | 'leave'; readonly worker: number }
  | { readonly kind: 'link'; readonly worker: number; readonly isLinking: boolean }
  | { readonly kind: 'slow'; readonly worker: number; readonly latencyMs: number }
  | { readonly kind: 'database-away' | 'database-back' };

function strike(world: World, blow: Blow): void {
  if (!('worker' in blow)) {
    world.isDatabaseAway = blow.kind === 'database-away';
    return;
  }
  const worker = world.workers[blow.worker % world.workers.length];
  if (worker === undefined) return;
  if (blow.kind === 'kill') worker.kill();
  else if (blow.kind === 'start') worker.start();
  else if (blow.kind === 'leave') worker.leave();
  else if (blow.kind === 'link') worker.link(blow.isLinking);
  else if (blow.kind === 'slow') worker.latencyMs = blow.latencyMs;
  else worker.isAsleep = blow.kind === 'sleep';
}

const anyWorker = fc.nat(2);
const anyBlow: fc.Arbitrary<Blow> = fc.oneof(
  fc.record({
    kind: fc.constantFrom<'kill' | 'start' | 'sleep' | 'wake' | 'leave'>(
      'kill',
      'start',
      'start',
      'sleep',
      'wake',
      'wake',
      'leave',
    ),
    worker: anyWorker,
  }),
  fc.record({
    kind: fc.constant('link' as const),
    worker: anyWorker,
    isLinking: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('slow' as const),
    worker: anyWorker,
    latencyMs: fc.constantFrom(0, 1000, 4000),
  }),
  fc.record({
    kind: fc.constantFrom<'database-away' | 'database-back'>(
      'database-away',
      'database-back',
      'database-back',
    ),
  }),
);
const anyHistory = fc.array(
  fc.record({ blow: anyBlow, thenSteps: fc.integer({ min: 1, max: 160 }) }),
  { minLength: 1, maxLength: 25 },
);

function assertOneUser(world: World): void {
  for (const [id, lease] of world.leases) {
    const users = world.usersOf(id);
    assert.ok(users.length <= 1, `account ${id} has ${users.length} users at ${world.nowMs} ms`);
    assert.ok(lease.epoch >= (users[0]?.sockets.get(id)?.epoch ?? 0));
  }
}

test('whatever happens to three workers, no two could use one account at the same time', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const world = new World(3);
      for (const { blow, thenSteps } of history) {
        strike(world, blow);
        for (let step = 0; step < thenSteps; step += 1) {
          world.advance();
          assertOneUser(world);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('when it is quiet again every account has an owner, and nobody more than a fair share', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const world = new World(3);
      for (const { blow, thenSteps } of history) {
        strike(world, blow);
        for (let step = 0; step < thenSteps; step += 1) world.advance();
      }
      world.isDatabaseAway = false;
      for (const worker of world.workers) {
        worker.isAsleep = false;
        worker.latencyMs = 0;
      }
      for (let step = 0; step < 100; step += 1) world.advance();
      for (const worker of world.workers) worker.start();
      for (let step = 0; step < 1600; step += 1) world.advance();
      const shares = world.workers.map((worker) => worker.sockets.size);
      const sum = shares.reduce((total, share) => total + share);
      assert.equal(sum, ACCOUNTS);
      assert.ok(Math.max(...shares) <= 3, `a third, rounded up: ${shares.join(' : ')}`);
      assertOneUser(world);
    }),
    { numRuns: 100 },
  );
});

function settled(workerCount: number): World {
  const world = new World(workerCount);
  for (let step = 0; step < 200; step += 1) world.advance();
  return world;
}

function stepsUntil(world: World, holds: () => boolean): number {
  for (let step = 0; step < 1000; step += 1) {
    if (holds()) return step * STEP_MS;
    world.advance();
  }
  throw new Error('it never came to be');
}

test('after a kill the other has everything within 45 seconds, after leaving within 5', () => {
  for (const [how, withinMs] of [
    ['kill', 40_000],
    ['leave', 5000],
  ] as const) {
    const world = settled(2);
    const [first, second] = world.workers;
    assert.deepEqual(new Set([first?.sockets.size, second?.sockets.size]), new Set([3, 4]));
    second?.[how]();
    const tookMs = stepsUntil(world, () => first?.sockets.size === ACCOUNTS);
    assert.ok(tookMs <= withinMs, `${how}: after ${tookMs} ms`);
  }
});

test('an account that is being linked stays until it is linked, or for some minutes', () => {
  for (const isLinked of [true, false]) {
    const world = new World(2);
    const [first, second] = world.workers;
    second?.leave();
    for (let step = 0; step < 20; step += 1) world.advance();
    first?.link(true);
    second?.start();
    for (let step = 0; step < 500; step += 1) {
      world.advance();
      // The next code of the same try, and the next.
      if (step % 40 === 0) first?.link(true);
      assert.equal(first?.sockets.size, ACCOUNTS, `at ${world.nowMs} ms`);
    }
    if (isLinked) first?.link(false);
    const tookMs = stepsUntil(world, () => second?.sockets.size === 3);
    assert.ok(tookMs < (isLinked ? 20_000 : 80_000), `after ${tookMs} ms`);
    assert.equal(first?.sockets.size, 4);
  }
});

test('what is not being linked is shared meanwhile', () => {
  const world = new World(2);
  const [first, second] = world.workers;
  second?.leave();
  for (let step = 0; step < 20; step += 1) world.advance();
  const last = [...(first?.sockets.values() ?? [])].at(-1);
  assert.ok(first !== undefined && last !== undefined);
  first.link(true, last.serviceId);
  second?.start();
  stepsUntil(world, () => second?.sockets.size === 3);
  assert.equal(first.sockets.get(last.serviceId), last);
});

test('a start in the same data directory waits for nobody', () => {
  const world = settled(1);
  const [only] = world.workers;
  only?.kill();
  only?.start();
  assert.ok(stepsUntil(world, () => only?.sockets.size === ACCOUNTS) <= 3000);
});

test('alone, a worker keeps its sockets while the database is away, and takes nothing new', () => {
  const world = settled(1);
  const [only] = world.workers;
  const epochs = [...world.leases.values()].map((lease) => lease.epoch);
  world.isDatabaseAway = true;
  for (let step = 0; step < 240; step += 1) {
    world.advance();
    assert.equal(world.usersOf(serviceId(1)).length, 1, `at ${world.nowMs} ms`);
  }
  world.isDatabaseAway = false;
  for (let step = 0; step < 100; step += 1) world.advance();
  assert.equal(only?.sockets.size, ACCOUNTS);
  assert.deepEqual(
    [...world.leases.values()].map((lease) => lease.epoch),
    epochs,
  );
});

test('with others there, who can not renew gives everything up in time', () => {
  const world = settled(2);
  world.isDatabaseAway = true;
  const tookMs = stepsUntil(world, () =>
    world.workers.every((worker) => worker.sockets.size === 0),
  );
  assert.ok(tookMs <= 21_000, `after ${tookMs} ms`);
});

test('who came just before the database went away does not take the other for dead when it is back', () => {
  for (let waitedSteps = 0; waitedSteps < 12; waitedSteps += 1) {
    const world = new World(2);
    const [first, second] = world.workers;
    second?.leave();
    for (let step = 0; step < 200 + waitedSteps; step += 1) world.advance();
    second?.start();
    for (let step = 0; step < 3; step += 1) world.advance();
    world.isDatabaseAway = true;
    for (let step = 0; step < 120; step += 1) world.advance();
    world.isDatabaseAway = false;
    // The newcomer asks first.
    world.workers.reverse();
    if (first !== undefined) first.latencyMs = 1000;
    for (let step = 0; step < 40; step += 1) {
      world.advance();
      assertOneUser(world);
    }
  }
});
