import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  OFF_POLICY,
  pacingOf,
  PACING_SETTINGS,
  readPacing,
  readPacingPolicy,
  SAFE_PACING,
  SAFE_POLICY,
} from './pacing.ts';

const isPlan = (id: number): boolean => id === 2 || id === 4;
const LIVE = { mode: 'live', planId: 4, ownPacing: null } as const;
const TEST = { ...LIVE, mode: 'test' } as const;

test('live services are safe and test services unpaced, unless asked', () => {
  assert.equal(pacingOf(SAFE_POLICY, LIVE), SAFE_PACING);
  assert.equal(pacingOf(SAFE_POLICY, TEST), null);
  assert.equal(pacingOf(OFF_POLICY, LIVE), null);
  assert.equal(pacingOf(OFF_POLICY, { ...TEST, ownPacing: 'safe' }), SAFE_PACING);
  assert.equal(pacingOf(SAFE_POLICY, { ...LIVE, ownPacing: 'off' }), null);
});

test('a file decides by mode and plan; a service’s own pacing outweighs it', () => {
  const policy = readPacingPolicy(
    { live: { newChatsPerDay: 20 }, test: 'safe', plans: { 4: { gapSecondsMin: 0.5 }, 2: 'off' } },
    isPlan,
  );
  assert.deepEqual(pacingOf(policy, { ...LIVE, planId: 3 }), {
    ...SAFE_PACING,
    newChatsPerDay: 20,
  });
  assert.deepEqual(pacingOf(policy, LIVE), { ...SAFE_PACING, gapSecondsMin: 0.5 });
  assert.equal(pacingOf(policy, { ...LIVE, planId: 2 }), null);
  assert.equal(pacingOf(policy, TEST), SAFE_PACING);
  const own = pacingOf(policy, { ...LIVE, ownPacing: { chatBurst: 9 } });
  assert.deepEqual(own, { ...SAFE_PACING, chatBurst: 9 });
  assert.deepEqual(readPacingPolicy({}, isPlan), SAFE_POLICY);
});

describe('what is wrong is said in a sentence', () => {
  const sentences: [unknown, RegExp][] = [
    [[], /^It must hold an object\.$/],
    [{ plan: {} }, /^"plan" is not known; there are live, test and plans\.$/],
    [{ live: 'fast' }, /^live: A pacing is "safe", "off" or an object of settings\.$/],
    [{ plans: [] }, /^plans must be an object/],
    [{ plans: { 7: 'off' } }, /^plans: there is no plan "7"\.$/],
    [{ plans: { 4: null } }, /^plans\.4: A pacing is/],
    [{ live: { gapSeconds: 3 } }, /^live: "gapSeconds" is no setting of pacing; there are gapSec/],
    [{ test: { gapSecondsMin: '3' } }, /^test: gapSecondsMin must be a number from 0 to 86400\.$/],
    [{ live: { gapSecondsMin: 9 } }, /^live: gapSecondsMin must not be more than gapSecondsMax/],
    [{ live: { chatBurst: 1.5 } }, /^live: chatBurst must be a whole number from 1 to 100000\.$/],
    [{ live: { sameTextShare: Number.NaN } }, /^live: sameTextShare must be a number from 0 to 1/],
    [{ live: { toString: 1 } }, /^live: "toString" is no setting/],
  ];
  for (const [written, sentence] of sentences) {
    test(JSON.stringify(written), () => {
      assert.throws(() => readPacingPolicy(written, isPlan), { message: sentence });
    });
  }
});

test('what was read can be written and read again', () => {
  assert.deepEqual(readPacing({ ...SAFE_PACING }), SAFE_PACING);
  assert.equal(PACING_SETTINGS.length, Object.keys(SAFE_PACING).length);
});
