import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addMonths } from './months.ts';
import { removalAtMs, stepLife, type LifeEvent, type ServiceLife } from './service-lifecycle.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 31);
const NEW: ServiceLife = {
  state: 'active',
  isSuspendedByHand: false,
  suspendedAtMs: null,
  expiresAtMs: addMonths(START_MS, 1, 31),
  billingDay: 31,
};

/** Steps, and takes a refusal as no change. */
function step(life: ServiceLife, event: LifeEvent, nowMs: number): ServiceLife {
  const result = stepLife(life, event, nowMs);
  return 'life' in result ? result.life : life;
}

test('expired, suspended, renewed, active again; from now on', () => {
  const late = NEW.expiresAtMs + 3 * DAY_MS;
  const expired = step(NEW, { type: 'look' }, late);
  assert.equal(expired.state, 'suspended');
  assert.deepEqual(stepLife(expired, { type: 'unsuspend' }, late), { refusal: 'service_expired' });
  const renewed = step(expired, { type: 'renew', months: 1 }, late);
  assert.equal(renewed.state, 'active');
  assert.equal(renewed.expiresAtMs, addMonths(late, 1, new Date(late).getUTCDate()));
});

test('a renewal does not undo a suspension by hand, and unsuspending does', () => {
  const suspended = step(NEW, { type: 'suspend' }, START_MS);
  const renewed = step(suspended, { type: 'renew', months: 1 }, START_MS);
  assert.equal(renewed.state, 'suspended');
  assert.equal(renewed.expiresAtMs, Date.UTC(2026, 2, 31));
  assert.equal(step(renewed, { type: 'unsuspend' }, START_MS).state, 'active');
});

test('twenty days after suspension and expiry it is removed, not a moment earlier', () => {
  const suspended = step(NEW, { type: 'suspend' }, START_MS);
  const removalMs = NEW.expiresAtMs + 20 * DAY_MS;
  assert.equal(removalAtMs(suspended), removalMs);
  assert.equal(step(suspended, { type: 'look' }, removalMs - 1).state, 'suspended');
  assert.equal(step(suspended, { type: 'look' }, removalMs).state, 'removed');
  for (const type of ['suspend', 'unsuspend', 'remove', 'look'] as const) {
    const removed = step(suspended, { type: 'look' }, removalMs);
    assert.deepEqual(stepLife(removed, { type }, removalMs), { refusal: 'service_not_found' });
  }
});

const anyEvent: fc.Arbitrary<LifeEvent> = fc.oneof(
  fc.constantFrom<LifeEvent>({ type: 'suspend' }, { type: 'unsuspend' }, { type: 'look' }),
  fc.record({ type: fc.constant('renew' as const), months: fc.constantFrom(1, 3, 6, 12) }),
);

test('whatever happens: active means paid and not suspended; renewals add whole months', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 40 * DAY_MS })), { maxLength: 30 }),
      (history) => {
        let life = NEW;
        let nowMs = START_MS;
        for (const [event, passedMs] of history) {
          nowMs += passedMs;
          const before = life;
          life = step(life, event, nowMs);
          const isStopped = life.isSuspendedByHand || life.expiresAtMs <= nowMs;
          if (life === before && event.type === 'unsuspend') continue;
          if (before.state === 'removed') assert.equal(life.state, 'removed');
          else if (life.state === 'active') assert.ok(!isStopped);
          else assert.ok(isStopped);
          assert.equal(life.suspendedAtMs === null, life.state === 'active');
          if (life.state === 'removed' && before.state !== 'removed') {
            assert.ok(nowMs >= life.expiresAtMs + 20 * DAY_MS);
          }
          if (event.type === 'renew' && before.state !== 'removed') {
            const base = Math.max(before.expiresAtMs, nowMs);
            assert.equal(life.expiresAtMs, addMonths(base, event.months, life.billingDay));
          } else assert.equal(life.expiresAtMs, before.expiresAtMs);
        }
      },
    ),
  );
});
