import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  FLOWING_WEBHOOK,
  mayBegin,
  mayBeginAtMs,
  stepWebhook,
  type WebhookEffect,
  type WebhookEvent,
  type WebhookModel,
} from './webhook-machine.ts';

const FAILED: WebhookEvent = { type: 'failed', isProbe: false, isGone: false };
const PROBE_FAILED: WebhookEvent = { type: 'failed', isProbe: true, isGone: false };
const DELIVERED: WebhookEvent = { type: 'delivered' };
const DAY_MS = 86_400_000;

/** A webhook that is told events, with the middle of every jitter. */
class Told {
  model: WebhookModel = FLOWING_WEBHOOK;
  nowMs = 0;
  effects: WebhookEffect[] = [];

  tell(...events: WebhookEvent[]): this {
    for (const event of events) {
      const { model, effects } = stepWebhook(this.model, event, this.nowMs, 0.5);
      this.model = model;
      this.effects.push(...effects);
    }
    return this;
  }

  resting(): this {
    return this.tell(FAILED, FAILED, FAILED, FAILED, FAILED);
  }
}

test('four at once; after a failure one, until one arrives', () => {
  const told = new Told();
  assert.equal(mayBegin(told.model, 0, 0), 4);
  assert.equal(mayBegin(told.model, 3, 0), 1);
  assert.equal(mayBegin(told.tell(FAILED).model, 0, 0), 1);
  assert.equal(mayBegin(told.tell(DELIVERED).model, 0, 0), 4);
});

test('five failures in a row: it rests, and one probe at a time is tried, ever more rarely', () => {
  const told = new Told().tell(FAILED, FAILED, FAILED, FAILED, DELIVERED).resting();
  assert.equal(told.model.mode, 'resting');
  const waits: number[] = [];
  for (let probe = 0; probe < 4; probe += 1) {
    const atMs = mayBeginAtMs(told.model) ?? 0;
    waits.push(atMs - told.nowMs);
    assert.equal(mayBegin(told.model, 0, atMs - 1), 0);
    assert.equal(mayBegin(told.model, 0, atMs), 1);
    assert.equal(mayBegin(told.model, 1, atMs), 0);
    told.nowMs = atMs;
    told.tell(PROBE_FAILED);
  }
  assert.deepEqual(waits, [5000, 300_000, 1_800_000, 7_200_000]);
});

test('one that was on its way when it began to rest is no probe', () => {
  const told = new Told().resting();
  const before = told.model.probeAtMs;
  assert.equal(told.tell(FAILED).model.probeAtMs, before);
});

test('a probe that arrives: what waited goes at once, slowly at first, then faster', () => {
  const told = new Told().resting();
  told.effects = [];
  told.tell(DELIVERED);
  assert.equal(told.model.mode, 'draining');
  assert.deepEqual(told.effects, [{ type: 'save' }, { type: 'hasten' }]);
  const begun: number[] = [];
  for (; told.nowMs < 30_000 && told.model.mode === 'draining'; told.nowMs += 1) {
    if (mayBegin(told.model, 0, told.nowMs) === 0) continue;
    begun.push(told.nowMs);
    told.tell({ type: 'began' }, DELIVERED);
  }
  const within = (fromMs: number, toMs: number): number =>
    begun.filter((atMs) => atMs >= fromMs && atMs < toMs).length;
  assert.equal(within(0, 1000), 20);
  assert.equal(within(11_000, 12_000), 40);
  assert.ok(within(21_000, 22_000) >= 76, 'and so on');
});

test('a drain ends when nothing waits, and at the first failure', () => {
  const told = new Told().resting().tell(DELIVERED, { type: 'drained' });
  assert.deepEqual(told.model, FLOWING_WEBHOOK);
  told.resting().tell(DELIVERED, FAILED);
  assert.equal(told.model.mode, 'resting');
});

test('gone, or failing for five days: disabled, told once, and nothing begins', () => {
  for (const reason of ['gone', 'failing'] as const) {
    const told = new Told().tell(FAILED);
    told.nowMs = reason === 'failing' ? 5 * DAY_MS : 0;
    const last: WebhookEvent = { type: 'failed', isProbe: false, isGone: reason === 'gone' };
    told.tell(last, last, DELIVERED);
    assert.equal(told.model.mode, 'disabled');
    assert.equal(mayBegin(told.model, 0, 99 * DAY_MS), 0);
    assert.equal(mayBeginAtMs(told.model), null);
    const disabled = told.effects.filter(({ type }) => type === 'disable');
    assert.deepEqual(disabled, [{ type: 'disable', reason }]);
  }
});

test('whatever happens: never more than four, and unless disabled there is a time for the next', () => {
  const event = fc.oneof(
    fc.constant<WebhookEvent>({ type: 'began' }),
    fc.constant(DELIVERED),
    fc.constant<WebhookEvent>({ type: 'drained' }),
    fc.record({
      type: fc.constant('failed' as const),
      isProbe: fc.boolean(),
      isGone: fc.integer({ min: 0, max: 50 }).map((number) => number === 0),
    }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(event, fc.nat(100_000), fc.double({ min: 0, max: 0.99, noNaN: true }))),
      (steps) => {
        let model = FLOWING_WEBHOOK;
        let nowMs = 0;
        for (const [step, waitMs, fraction] of steps) {
          nowMs += waitMs;
          ({ model } = stepWebhook(model, step, nowMs, fraction));
          for (const inFlight of [0, 1, 4])
            assert.ok(mayBegin(model, inFlight, nowMs) + inFlight <= 4);
          if (model.mode === 'disabled') continue;
          assert.ok(mayBegin(model, 0, mayBeginAtMs(model) ?? nowMs) >= 1, model.mode);
        }
      },
    ),
  );
});
