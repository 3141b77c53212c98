import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './world.ts';

// Ownership, sessions and senders of several processes, with kills, stalls, lost replies and broken
// sockets: the machines of the gateway itself, in simulated time. `npm run simulate` runs more of it.

const SEEDS = 2000;

test(`${SEEDS} seeds: one owner, nothing lost, nothing early or late, in order`, () => {
  let deaths = 0;
  let stalls = 0;
  let repeats = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const outcome = new World(seed).run();
    assert.deepEqual(outcome.breaches, [], `npm run simulate -- --seed ${seed}`);
    deaths += outcome.deaths;
    stalls += outcome.stalls;
    repeats += outcome.wireCopies - outcome.messages;
  }
  assert.ok(deaths > SEEDS && stalls > SEEDS && repeats > 0, 'there was trouble');
});

test('a seed repeats exactly, and another is another', () => {
  for (const seed of [7, 1234]) {
    const once = new World(seed).run();
    assert.deepEqual(new World(seed).run(), once);
    assert.notEqual(new World(seed + 1).run().fingerprint, once.fingerprint);
  }
});
