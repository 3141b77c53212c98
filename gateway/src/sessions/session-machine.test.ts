import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CloseReason, ConnectionEnd } from '../domain/connection-state.ts';
import { stepSession } from './session-machine.ts';
import {
  IDLE_SESSION,
  type SessionEffect,
  type SessionEvent,
  type SessionModel,
  type SessionStep,
} from './session-model.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const step = (model: SessionModel, event: SessionEvent, nowMs = 0, fraction = 0.5): SessionStep =>
  stepSession(model, event, nowMs, fraction);

const closed = (reason: CloseReason, more: Partial<ConnectionEnd> = {}): SessionEvent => ({
  type: 'closed',
  end: { reason, detail: '', ...more },
});

function after(...events: SessionEvent[]): SessionStep {
  let last: SessionStep = { model: IDLE_SESSION, effects: [] };
  for (const event of events) last = step(last.model, event);
  return last;
}

const wanted: SessionEvent = { type: 'wanted' };
const turn: SessionEvent = { type: 'turn' };
const opened: SessionEvent = { type: 'opened' };
const retry: SessionEvent = { type: 'retry' };

function waitOf({ effects }: SessionStep): number {
  const [wait] = effects.flatMap((effect) => (effect.type === 'retry-after' ? [effect] : []));
  assert.ok(wait !== undefined, 'it waits');
  return wait.delayMs;
}

test('linking: QR code, the phone says yes, one restart, connected', () => {
  const shown = after(wanted, turn, { type: 'qr', qr: 'A' });
  assert.equal(shown.model.state, 'waiting_for_scan');
  assert.equal(shown.model.qr, 'A');
  const restarted = step(step(shown.model, { type: 'linked' }).model, closed('restart_required'));
  assert.equal(restarted.model.state, 'linking');
  assert.deepEqual(restarted.effects, [{ type: 'ask-turn', isFirst: true }]);
  assert.equal(restarted.model.failures, 0, 'the restart is no failure');
  const open = step(step(restarted.model, turn).model, opened);
  assert.equal(open.model.state, 'connected');
  assert.equal(open.model.qr, null);
});

/** What each end leads to: from a connection that opens, and from one that is open. */
const OUTCOMES: Readonly<
  Record<CloseReason, { mode: SessionModel['mode']; state: string; effects: string[] }>
> = {
  asked: { mode: 'waiting', state: 'waiting_to_retry', effects: ['retry-after'] },
  restart_required: { mode: 'queued', state: 'linking', effects: ['ask-turn'] },
  lost: { mode: 'waiting', state: 'waiting_to_retry', effects: ['retry-after'] },
  unreachable: { mode: 'waiting', state: 'unreachable', effects: ['retry-after'] },
  link_expired: { mode: 'stopped', state: 'link_expired', effects: [] },
  logged_out: { mode: 'stopped', state: 'logged_out', effects: ['forget-credentials'] },
  link_again: { mode: 'stopped', state: 'link_again', effects: [] },
  replaced: { mode: 'waiting', state: 'replaced', effects: ['retry-after'] },
  locked: { mode: 'stopped', state: 'locked', effects: ['forget-after'] },
  banned: { mode: 'stopped', state: 'banned', effects: ['forget-after'] },
  temporarily_banned: { mode: 'waiting', state: 'temporarily_banned', effects: ['retry-after'] },
  outdated: { mode: 'waiting', state: 'outdated', effects: ['retry-after'] },
  untrusted: { mode: 'waiting', state: 'untrusted', effects: ['retry-after'] },
  server_error: { mode: 'waiting', state: 'whatsapp_unavailable', effects: ['retry-after'] },
  unexplained: { mode: 'waiting', state: 'waiting_to_retry', effects: ['retry-after'] },
};

test('every end has its outcome, in every mode', () => {
  const banned = after(wanted, turn, closed('temporarily_banned')).model;
  const deaf = [
    IDLE_SESSION,
    after(wanted).model,
    banned,
    after(wanted, turn, closed('locked')).model,
  ];
  const live: SessionModel[] = [after(wanted, turn).model, after(wanted, turn, opened).model];
  for (const [reason, outcome] of Object.entries(OUTCOMES)) {
    const event = closed(reason as CloseReason);
    for (const from of live) {
      const { model: next, effects }: SessionStep = step(from, event);
      const found = {
        mode: next.mode,
        state: next.state,
        effects: effects.map(({ type }) => type),
      };
      assert.deepEqual(found, outcome, `${reason} while ${from.mode}`);
    }
    // News of a socket that ended before moves nobody who holds none.
    for (const model of deaf) assert.deepEqual(step(model, event), { model, effects: [] });
  }
});

/** The shortest and the longest wait after so many failures in a row. */
function waitsAfter(reason: CloseReason, times: number, more = {}): [number, number][] {
  let model: SessionModel = after(wanted, turn).model;
  return Array.from({ length: times }, (): [number, number] => {
    const least: SessionStep = step(model, closed(reason, more), 0, 0);
    const most: SessionStep = step(model, closed(reason, more), 0, 0.999_999_999);
    model = step(step(most.model, retry, waitOf(most)).model, turn).model;
    return [waitOf(least), waitOf(most)].map((ms) => Math.round(ms / SECOND)) as [number, number];
  });
}

test('a lost connection waits at most 1, 2, 4 ... 60 seconds, with full jitter', () => {
  const most = [1, 2, 4, 8, 16, 32, 60, 60];
  for (const reason of ['lost', 'unreachable', 'asked'] as const) {
    assert.deepEqual(
      waitsAfter(reason, 8),
      most.map((seconds) => [0, seconds]),
    );
  }
});

test('trouble of WhatsApp itself is waited for from 5 seconds up to 5 minutes', () => {
  const waits = waitsAfter('server_error', 8);
  assert.deepEqual(waits[0], [5, 7]);
  assert.deepEqual(waits[1], [10, 15]);
  assert.deepEqual(waits.at(-1), [200, 300]);
});

test('an end without explanation: five with no open connection between need attention', () => {
  assert.deepEqual(waitsAfter('unexplained', 6), [
    [0, 1],
    [0, 2],
    [0, 4],
    [0, 8],
    [900, 1800],
    [900, 1800],
  ]);
  const round = [turn, closed('unexplained'), retry];
  const rounds = Array.from({ length: 5 }, () => round).flat();
  assert.equal(after(wanted, ...rounds.slice(0, -1)).model.state, 'needs_attention');
  const openedOnce = [...rounds.slice(0, 12), turn, opened, closed('unexplained'), retry];
  assert.equal(after(wanted, ...openedOnce, turn, closed('unexplained')).model.unexplained, 1);
});

test('a ban is waited for as long as it lasts and a little more, whoever asks meanwhile', () => {
  const ban = closed('temporarily_banned', { banMs: 2 * HOUR, detail: 'code 101' });
  const hit = step(after(wanted, turn).model, ban, 1000, 0);
  assert.equal(waitOf(hit), 2 * HOUR);
  assert.equal(waitOf(step(after(wanted, turn).model, ban, 0, 0.5)), 2 * HOUR + 5 * MINUTE);
  for (const meanwhile of [[wanted], [{ type: 'unwanted' }, wanted], [retry]] as SessionEvent[][]) {
    let { model } = hit;
    for (const event of meanwhile) model = step(model, event, HOUR).model;
    assert.deepEqual([model.mode, model.state], ['waiting', 'temporarily_banned']);
    assert.equal(model.detail, 'code 101');
    assert.equal(step(model, retry, 2 * HOUR + 1000).model.mode, 'queued');
  }
  const unknown = step(after(wanted, turn).model, closed('temporarily_banned', { banMs: null }));
  assert.ok(waitOf(unknown) >= HOUR, 'an hour where WhatsApp does not say how long');
});

test('a restart brings a ban and the stopped back as they were', () => {
  const left = { isWanted: true, detail: 'why', notBeforeInMs: null, forgetInMs: null };
  const restore = (more: Partial<Extract<SessionEvent, { type: 'restored' }>>): SessionStep =>
    step(IDLE_SESSION, { type: 'restored', ...left, state: 'connected', ...more }, 5000);
  assert.equal(restore({}).model.mode, 'queued');
  const banned = restore({ state: 'temporarily_banned', notBeforeInMs: HOUR });
  assert.deepEqual([banned.model.state, banned.model.detail], ['temporarily_banned', 'why']);
  assert.equal(waitOf(banned), HOUR);
  const locked = restore({ state: 'locked', forgetInMs: HOUR });
  assert.deepEqual([locked.model.mode, locked.model.state], ['stopped', 'locked']);
  assert.deepEqual(locked.effects, [{ type: 'forget-after', delayMs: HOUR }]);
  const unwanted = restore({ isWanted: false, state: 'disconnected', forgetInMs: -1 });
  assert.deepEqual(unwanted.effects, [{ type: 'forget-after', delayMs: 0 }]);
  assert.equal(unwanted.model.mode, 'idle');
});

test('credentials of a refused account: kept for 24 hours from the first refusal', () => {
  const refusedAt = (model: SessionModel, nowMs: number): SessionModel =>
    step(step(step(model, wanted, nowMs).model, turn, nowMs).model, closed('banned'), nowMs).model;
  let model = refusedAt(refusedAt(IDLE_SESSION, 0), 20 * HOUR);
  const early = step(model, { type: 'forget-due' }, 24 * HOUR - 1);
  assert.deepEqual(early.effects, [{ type: 'forget-after', delayMs: MINUTE }]);
  const due = step(model, { type: 'forget-due' }, 24 * HOUR);
  assert.deepEqual(due.effects, [{ type: 'forget-credentials' }]);
  assert.equal(due.model.state, 'banned', 'it still shows why');
  model = step(step(step(model, wanted, 21 * HOUR).model, turn).model, opened, 21 * HOUR).model;
  assert.deepEqual(step(model, { type: 'forget-due' }, 24 * HOUR).effects, [], 'let in again');
});

test('at a locked door is knocked once a minute, however often somebody asks', () => {
  const { model } = step(after(wanted, turn).model, closed('locked'), 0);
  assert.deepEqual(step(model, wanted, MINUTE - 1).effects, []);
  assert.deepEqual(step(model, wanted, MINUTE).effects, [{ type: 'ask-turn', isFirst: true }]);
});

test('a link that is not accepted any more is given up when somebody asks for another', () => {
  const refused = after(wanted, turn, closed('link_again'));
  assert.deepEqual(refused.effects, []);
  assert.deepEqual(
    step(refused.model, wanted).effects.map(({ type }) => type),
    ['forget-credentials', 'ask-turn'],
  );
});

test('only a connection that lasts makes earlier failures forgotten', () => {
  const broken = after(wanted, turn, closed('lost'), retry, turn, opened);
  assert.equal(broken.model.failures, 1);
  assert.deepEqual(broken.effects, [{ type: 'last-after', delayMs: 5 * MINUTE }]);
  assert.equal(step(broken.model, { type: 'lasted' }).model.failures, 0);
});

test('a third replacement within ten minutes stops; spread out they do not', () => {
  const replaceAt = (model: SessionModel, nowMs: number): SessionStep =>
    step(step(step(model, retry).model, turn).model, closed('replaced'), nowMs);
  const first = step(after(wanted, turn).model, closed('replaced'), 0, 0);
  assert.equal(waitOf(first), 30 * SECOND);
  const quick = replaceAt(replaceAt(first.model, 1000).model, 2000);
  assert.deepEqual([quick.model.mode, quick.model.state], ['stopped', 'conflict']);
  const slow = replaceAt(replaceAt(first.model, 400_000).model, 800_000);
  assert.equal(slow.model.mode, 'waiting');
});

test('while the gate is held, those in line say why', () => {
  assert.equal(after(wanted, { type: 'held' }).model.state, 'outdated');
  assert.equal(after(wanted, { type: 'held' }, turn, opened).model.state, 'connected');
});

const REASONS = Object.keys(OUTCOMES) as CloseReason[];

const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
  fc.constantFrom<SessionEvent>(
    wanted,
    { type: 'unwanted' },
    { type: 'held' },
    { type: 'linked' },
    { type: 'lasted' },
  ),
  fc.constantFrom(turn, opened, retry, { type: 'forget-due' } as const),
  fc.string().map((qr): SessionEvent => ({ type: 'qr', qr })),
  fc
    .tuple(fc.constantFrom(...REASONS), fc.option(fc.integer({ min: 1, max: 3 * HOUR })))
    .map(([reason, banMs]) => closed(reason, { banMs })),
);

/** What the driver would do, and the rules it must see kept. */
class RuleBook {
  model = IDLE_SESSION;
  #sockets = 0;
  #isTimerSet = false;
  #bannedUntilMs = 0;
  #firstRefusedAtMs: number | null = null;

  see(event: SessionEvent, nowMs: number, fraction: number): void {
    const before = this.model;
    const isLive = before.mode === 'opening' || before.mode === 'open';
    if (event.type === 'retry') this.#isTimerSet = false;
    if (event.type === 'closed' && isLive) this.#noteEnd(event.end, nowMs);
    if (event.type === 'opened' && before.mode === 'opening') this.#firstRefusedAtMs = null;
    const { model, effects } = stepSession(before, event, nowMs, fraction);
    this.model = model;
    for (const effect of effects) this.#carryOut(effect, event, before, nowMs);
    this.#check();
  }

  #noteEnd(end: ConnectionEnd, nowMs: number): void {
    this.#sockets -= 1;
    if (end.reason === 'temporarily_banned') this.#bannedUntilMs = nowMs + (end.banMs ?? HOUR);
    if (end.reason === 'locked' || end.reason === 'banned') this.#firstRefusedAtMs ??= nowMs;
  }

  #carryOut(effect: SessionEffect, event: SessionEvent, before: SessionModel, nowMs: number): void {
    switch (effect.type) {
      case 'open':
        this.#sockets += 1;
        assert.ok(nowMs >= this.#bannedUntilMs, 'never during a ban');
        break;
      case 'close':
        this.#sockets = 0;
        this.#isTimerSet = false;
        break;
      case 'ask-turn':
      case 'last-after':
        this.#isTimerSet = false;
        break;
      case 'retry-after':
        this.#isTimerSet = true;
        break;
      case 'forget-credentials':
        this.#checkForgetting(event, before, nowMs);
        this.#firstRefusedAtMs = null;
        break;
      case 'forget-after':
        break;
    }
  }

  #checkForgetting(event: SessionEvent, before: SessionModel, nowMs: number): void {
    const isGone = event.type === 'closed' && event.end.reason === 'logged_out';
    const isAsked = event.type === 'wanted' && before.state === 'link_again';
    const refusedAtMs = this.#firstRefusedAtMs;
    const isLongRefused = refusedAtMs !== null && nowMs - refusedAtMs >= 24 * HOUR;
    assert.ok(isGone || isAsked || isLongRefused, `credentials deleted by ${event.type}`);
  }

  #check(): void {
    const { mode, state, isWanted, qr } = this.model;
    const isLive = mode === 'opening' || mode === 'open';
    assert.equal(this.#sockets, isLive ? 1 : 0, 'at most one socket, and none that nobody minds');
    assert.ok(!isLive || isWanted, 'opens only what is wanted');
    assert.ok(qr === null || mode === 'opening', 'no stale QR code');
    assert.equal(state === 'connected', mode === 'open');
    assert.ok(mode !== 'waiting' || this.#isTimerSet, 'who waits is woken');
    assert.equal(isWanted, mode !== 'idle');
  }
}

test('in any order of events the rules hold, and who should come back does', () => {
  const moment = fc.record({
    event: anyEvent,
    passedMs: fc.oneof(fc.nat(MINUTE), fc.nat(30 * HOUR)),
    fraction: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 80 }), (history) => {
      const rules = new RuleBook();
      let nowMs = 0;
      for (const { event, passedMs, fraction } of history) {
        nowMs += passedMs;
        rules.see(event, nowMs, fraction);
      }
      // Whatever happened: once all waits are over and it gets its turn, it opens.
      const { mode } = rules.model;
      if (mode !== 'waiting' && mode !== 'queued') return;
      nowMs += 400 * 24 * HOUR;
      for (const event of [retry, turn, opened]) rules.see(event, nowMs, 0.5);
      assert.equal(rules.model.mode, 'open');
    }),
    { numRuns: 2000 },
  );
});
