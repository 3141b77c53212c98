import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  IDLE_SESSION,
  stepSession,
  type SessionEvent,
  type SessionModel,
  type SessionStep,
} from './session-machine.ts';

const step = (model: SessionModel, event: SessionEvent, nowMs = 0, fraction = 0.5): SessionStep =>
  stepSession(model, event, nowMs, fraction);

const closed = (reason: Extract<SessionEvent, { type: 'closed' }>['reason']): SessionEvent => ({
  type: 'closed',
  reason,
  detail: '',
});

function after(...events: SessionEvent[]): SessionStep {
  let last: SessionStep = { model: IDLE_SESSION, effects: [] };
  for (const event of events) last = step(last.model, event);
  return last;
}

const wanted: SessionEvent = { type: 'wanted' };
const opened: SessionEvent = { type: 'opened' };

test('linking: QR code, the phone says yes, one restart, connected', () => {
  const shown = after(wanted, { type: 'qr', qr: 'A' });
  assert.equal(shown.model.state, 'waiting_for_scan');
  assert.equal(shown.model.qr, 'A');
  const restarted = step(step(shown.model, { type: 'linked' }).model, closed('restart_required'));
  assert.equal(restarted.model.state, 'linking');
  assert.deepEqual(restarted.effects, [{ type: 'open' }]);
  const open = step(restarted.model, opened);
  assert.equal(open.model.state, 'connected');
  assert.equal(open.model.qr, null);
});

test('a lost connection waits at most 1, 2, 4 ... 60 seconds, and the wait is jittered', () => {
  let { model } = after(wanted);
  const longest: number[] = [];
  for (let failure = 0; failure < 8; failure += 1) {
    const most = step(model, closed('lost'), 0, 0.999_999);
    const least = step(model, closed('lost'), 0, 0);
    assert.deepEqual(least.effects, [{ type: 'retry-after', delayMs: 0 }]);
    longest.push(...most.effects.map((effect) => ('delayMs' in effect ? effect.delayMs : -1)));
    model = step(most.model, { type: 'retry' }).model;
  }
  assert.deepEqual(
    longest.map((ms) => Math.round(ms / 1000)),
    [1, 2, 4, 8, 16, 32, 60, 60],
  );
});

test('only a connection that lasts makes earlier failures forgotten', () => {
  const broken = after(wanted, closed('lost'), { type: 'retry' }, opened);
  assert.equal(broken.model.failures, 1);
  assert.equal(step(broken.model, { type: 'lasted' }).model.failures, 0);
});

test('a third replacement within ten minutes stops; spread out they do not', () => {
  const replaceAt = (model: SessionModel, nowMs: number): SessionStep =>
    step(step(model, { type: 'retry' }).model, closed('replaced'), nowMs);
  let quick = step(after(wanted).model, closed('replaced'), 0);
  quick = replaceAt(replaceAt(quick.model, 1000).model, 2000);
  assert.equal(quick.model.mode, 'stopped');
  let slow = step(after(wanted).model, closed('replaced'), 0);
  slow = replaceAt(replaceAt(slow.model, 400_000).model, 800_000);
  assert.equal(slow.model.mode, 'waiting');
});

test('news of a socket that ended before does not move an idle or stopped session', () => {
  for (const model of [IDLE_SESSION, after(wanted, closed('refused')).model]) {
    for (const event of [opened, closed('lost'), { type: 'qr', qr: 'B' } as const]) {
      assert.deepEqual(step(model, event), { model, effects: [] });
    }
  }
});

const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.constantFrom<SessionEvent>(
    wanted,
    { type: 'unwanted' },
    { type: 'linked' },
    opened,
    { type: 'lasted' },
    { type: 'retry' },
  ),
  fc.string().map((qr): SessionEvent => ({ type: 'qr', qr })),
  fc
    .constantFrom(
      'asked',
      'restart_required',
      'lost',
      'unreachable',
      'timed_out',
      'link_expired',
      'logged_out',
      'replaced',
      'refused',
      'outdated',
      'untrusted',
      'server_error',
    )
    .map((reason) => closed(reason)),
);

test('in any order of events the rules hold', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(anyEvent, fc.nat(1_000_000), fc.double({ min: 0, max: 0.999, noNaN: true })),
        {
          maxLength: 60,
        },
      ),
      (history) => {
        let model = IDLE_SESSION;
        for (const [event, nowMs, fraction] of history) {
          const next = stepSession(model, event, nowMs, fraction);
          const kinds = next.effects.map((effect) => effect.type);
          assert.ok(!kinds.includes('open') || next.model.isWanted, 'opens only what is wanted');
          assert.ok(next.model.qr === null || next.model.mode === 'opening', 'no stale QR code');
          assert.equal(next.model.state === 'connected', next.model.mode === 'open');
          assert.ok(next.model.mode !== 'waiting' || next.model.isWanted);
          if (kinds.includes('forget-credentials')) {
            assert.ok(event.type === 'closed' && event.reason === 'logged_out');
          }
          if (next.model.mode === 'waiting' && model.mode !== 'waiting') {
            assert.ok(kinds.includes('retry-after'), 'whoever waits has an alarm');
          }
          model = next.model;
        }
      },
    ),
  );
});
