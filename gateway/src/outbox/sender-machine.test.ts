import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FORTUNE, SenderWorld } from '../../test/harness/sender-world.ts';

// The machine in a world of chance: whatever happens in whatever order, and whatever the machine's
// own promises (asserted at every step in the world), everything ends as it should.

const HOUR_MS = 3_600_000;

/** A small generator, so that a seed replays a run. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seeds = fc.nat(0x7fffffff);

/** Lives through `steps` moments of chance, then lets the world heal. */
function liveThrough(
  seed: number,
  steps: number,
  { allowsCrashes = false, allowsBrokenWrites = false } = {},
): SenderWorld {
  const random = chanceOf(seed);
  const world = new SenderWorld(random);
  const hasTrouble = random() < 0.8;
  world.misfortunes = {
    databaseFails: hasTrouble ? random() * 0.3 : 0,
    writeFails: hasTrouble && allowsBrokenWrites ? random() * 0.3 : 0,
    answerLost: hasTrouble ? random() * 0.3 : 0,
    handOverRefused: 0,
  };
  for (let step = 0; step < steps; step += 1) {
    const dice = random();
    if (dice < 0.25) {
      const chat = `chat ${Math.floor(random() * 4)}`;
      const inMs = random() < 0.05 ? Math.floor(random() * 5000) : 0;
      world.accept(chat, { isMedia: random() < 0.2, inMs });
    } else if (dice < 0.28) world.connect();
    else if (dice < 0.3) world.disconnect();
    else if (dice < 0.305 && allowsCrashes) world.crash();
    else if (dice < 0.5) world.pass(Math.floor(random() * 3000));
    else world.happen();
  }
  heal(world);
  return world;
}

function heal(world: SenderWorld): void {
  world.misfortunes = FORTUNE;
  world.connect();
  world.runFor(HOUR_MS);
}

const statesOf = (world: SenderWorld): string[] => world.rows.map(({ life }) => life.state);

test('whatever happens, everything accepted arrives in the end', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 10, max: 600 }), (seed, steps) => {
      const world = liveThrough(seed, steps, { allowsBrokenWrites: true });
      assert.ok(statesOf(world).every((state) => state === 'server'));
      assert.ok(world.isQuiet);
    }),
    { numRuns: 150 },
  );
});

test('also when processes die: only what was there at three deaths may be set aside', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 10, max: 400 }), (seed, steps) => {
      const world = liveThrough(seed, steps, { allowsCrashes: true });
      for (const { life } of world.rows) {
        if (life.crashes < 3) assert.equal(life.state, 'server');
      }
    }),
    { numRuns: 100 },
  );
});

test('in each chat, what is seen first was accepted first', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 10, max: 400 }), (seed, steps) => {
      const world = liveThrough(seed, steps, { allowsCrashes: true });
      const rowOf = new Map(world.rows.map((row) => [row.message.whatsAppId, row]));
      const lastOf = new Map<string, number>();
      for (const id of world.shown) {
        const row = rowOf.get(id);
        assert.ok(row !== undefined);
        if (row.life.isScheduled || row.wasHeldBack) continue;
        const { recipient } = row.message;
        const chat = recipient.kind === 'person' ? recipient.phone : recipient.groupId;
        assert.ok((lastOf.get(chat) ?? 0) < row.position, `${id} passed another in ${chat}`);
        lastOf.set(chat, row.position);
      }
    }),
    { numRuns: 150 },
  );
});

test('what can not be handed over is tried again later, a few times', () => {
  const world = new SenderWorld(chanceOf(1));
  world.misfortunes = { ...FORTUNE, handOverRefused: 1 };
  world.accept('ann');
  world.connect();
  world.runFor(HOUR_MS);
  assert.deepEqual(world.rows[0]?.life.failure, 'send_failed');
  assert.equal(world.rows[0]?.life.attempts, 4);
});

test('an answer that is lost: the same message once more on the same connection', () => {
  const world = new SenderWorld(chanceOf(1));
  world.connect();
  world.misfortunes = { ...FORTUNE, answerLost: 1 };
  world.accept('ann');
  world.runFor(15_000);
  world.misfortunes = FORTUNE;
  world.runFor(15_000);
  assert.deepEqual(statesOf(world), ['server']);
  assert.deepEqual([...world.handOvers.values()], [2]);
  assert.equal(world.reconnects, 0);
});

test('a connection that answers nothing is dropped at the second time', () => {
  const world = new SenderWorld(chanceOf(1));
  world.connect();
  world.misfortunes = { ...FORTUNE, answerLost: 1 };
  for (let index = 0; index < 5; index += 1) world.accept('ann');
  world.runFor(39_000);
  assert.equal(world.reconnects, 0);
  world.runFor(2000);
  assert.equal(world.reconnects, 1);
  heal(world);
  assert.ok(statesOf(world).every((state) => state === 'server'));
});

test('nothing is ever given up silently: an hour and five attempts, then unknown_outcome', () => {
  const world = new SenderWorld(chanceOf(1));
  world.misfortunes = { ...FORTUNE, answerLost: 1 };
  world.connect();
  world.accept('ann');
  world.runFor(HOUR_MS - 60_000);
  assert.deepEqual(statesOf(world), ['sending']);
  world.runFor(180_000);
  assert.equal(world.rows[0]?.life.failure, 'unknown_outcome');
});

test('poison: set aside at the third death, its neighbours go on within 30 s', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 63 }), (seed, index) => {
      const world = new SenderWorld(chanceOf(seed));
      for (let count = 0; count < 64; count += 1) world.accept(`chat ${count % 5}`);
      const culprit = world.rows[index]?.message.whatsAppId;
      assert.ok(culprit !== undefined);
      world.poison.add(culprit);
      for (let life = 0; life < 4; life += 1) {
        world.connect();
        world.runFor(life < 2 ? 3000 : 30_000);
        assert.equal(world.crashes, Math.min(life + 1, 3));
      }
      for (const { message, life } of world.rows) {
        if (message.whatsAppId === culprit) assert.equal(life.failure, 'poison');
        else assert.equal(life.state, 'server');
      }
    }),
    { numRuns: 60 },
  );
});

test('a stop gives back what was not begun, and leaves nothing in doubt', () => {
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 150 }), (seed, moments) => {
      const world = new SenderWorld(chanceOf(seed));
      for (let count = 0; count < 100; count += 1) {
        world.accept(`chat ${count % 5}`, { isMedia: count % 7 === 0 });
      }
      world.connect();
      for (let moment = 0; moment < moments; moment += 1) {
        if (!world.happen()) world.pass(1000);
      }
      world.stop();
      world.runFor(1000);
      assert.ok(world.isQuiet);
      assert.ok(!statesOf(world).includes('sending'));
    }),
    { numRuns: 100 },
  );
});
