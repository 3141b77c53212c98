import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeldConnector } from '../../test/harness/held-connector.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { CloseReason } from '../domain/connection-state.ts';
import { serviceId, type ServiceId } from '../domain/ids.ts';
import { createLog } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import { ConnectGate } from './connect-gate.ts';
import { Session } from './session.ts';

const MINUTE = 60_000;
const log = createLog('silent');

function seededRandom(seed: number): Random {
  let state = seed;
  return {
    fraction() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    },
    bytes: (count) => Buffer.alloc(count),
  };
}

const unused = (): Promise<never> => Promise.reject(new Error('not part of this test'));

/** Many live sessions of one process, and the sockets they open. */
class Process {
  readonly clock = new ManualClock();
  readonly connector = new HeldConnector(() => this.clock.monotonicMs());
  readonly gate: ConnectGate;
  readonly sessions: Session[];

  constructor(count: number, seed = 1) {
    const random = seededRandom(seed);
    const { clock, connector } = this;
    this.gate = new ConnectGate({ clock, random, log });
    const parts = { connector, gate: this.gate, clock, random, log };
    const listener = {
      onAnswer: unused,
      onMessage: unused,
      findSent: unused,
      onChange: () => undefined,
      onOpen: () => undefined,
      onEnd: () => undefined,
    };
    this.sessions = Array.from(
      { length: count },
      (_, index) =>
        new Session({ serviceId: serviceId(index + 1), epoch: 1 }, 'live', parts, listener),
    );
  }

  /** Moves on in small steps; every new socket is answered by `answer`. */
  async advance(durationMs: number, answer: (service: ServiceId) => CloseReason | 'open') {
    const untilMs = this.clock.monotonicMs() + durationMs;
    while (this.clock.monotonicMs() < untilMs) {
      const seen = this.connector.opened.length;
      this.clock.advance(100);
      for (let turns = 0; turns < 4; turns += 1) await Promise.resolve();
      for (const socket of this.connector.opened.slice(seen)) {
        const { listener } = socket;
        const what = answer(socket.serviceId);
        if (what === 'open') listener.onOpen({ phone: '447400000001', lid: null, name: null });
        else socket.end({ reason: what, detail: '' });
      }
    }
  }

  wantAll(): void {
    for (const session of this.sessions) session.want();
  }

  countIn(state: string): number {
    return this.sessions.filter(({ model }) => model.state === state).length;
  }
}

/** The most sockets that were opened within any one second. */
function mostInOneSecond(times: readonly number[]): number {
  return Math.max(
    0,
    ...times.map(
      (fromMs, index) =>
        times.slice(index, index + 50).filter((atMs) => atMs - fromMs < 1000).length,
    ),
  );
}

test('hundreds of sessions lose their connections at once: five a second, and all come back', async () => {
  const scenario = fc.record({
    count: fc.integer({ min: 100, max: 400 }),
    seed: fc.nat(),
    reason: fc.constantFrom<CloseReason>('lost', 'unreachable', 'server_error', 'unexplained'),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ count, seed, reason }) => {
      const process = new Process(count, seed);
      process.wantAll();
      await process.advance(count * 400, () => 'open');
      assert.equal(process.countIn('connected'), count);
      for (const socket of process.connector.live) socket.end({ reason, detail: '' });
      await process.advance(count * 400 + 10 * MINUTE, () => 'open');
      assert.equal(process.countIn('connected'), count);
      const times = process.connector.opened.map(({ openedAtMs }) => openedAtMs);
      assert.equal(times.length, count * 2);
      assert.ok(mostInOneSecond(times) <= 5, `${mostInOneSecond(times)} in one second`);
      assert.equal(process.connector.overlapMax, 1);
    }),
    { numRuns: 10 },
  );
});

test('what a person waits for goes ahead of those that come back by themselves', () => {
  const { gate, clock } = new Process(0);
  const order: string[] = [];
  const apply = (name: string, isFirst: boolean): void => {
    gate.apply('live', { isFirst, onTurn: () => order.push(name), onHeld: () => undefined });
  };
  for (const name of ['a', 'b', 'c']) apply(name, false);
  apply('person', true);
  clock.advance(2000);
  assert.deepEqual(order, ['a', 'person', 'b', 'c']);
});

test('whoever leaves the line is not called', () => {
  const { gate, clock } = new Process(0);
  const order: string[] = [];
  const apply = (name: string) =>
    gate.apply('live', { isFirst: false, onTurn: () => order.push(name), onHeld: () => undefined });
  apply('a');
  const leaver = apply('b');
  apply('c');
  leaver.end();
  clock.advance(2000);
  assert.deepEqual(order, ['a', 'c']);
});

test('an outdated version: all connects pause, trials alone go out, and when one is let in all come back', async () => {
  const process = new Process(100);
  process.wantAll();
  await process.advance(60 * MINUTE, () => 'outdated');
  assert.equal(process.countIn('outdated'), 100);
  assert.ok(process.gate.status()[0]?.isHeld);
  // One trial at the start and after 1, 2, 4, 8, 16 and 30 minutes, each with some jitter.
  assert.ok(process.connector.opened.length <= 7, `${process.connector.opened.length} tries`);
  await process.advance(60 * MINUTE, () => 'open');
  assert.equal(process.gate.status()[0]?.isHeld, false);
  await process.advance(2 * 60 * MINUTE, () => 'open');
  assert.equal(process.countIn('connected'), 100);
});

test('a trial that fails for another reason is followed by the next in line', async () => {
  const process = new Process(10);
  process.wantAll();
  const answers: (CloseReason | 'open')[] = ['outdated', 'lost', 'locked', 'open'];
  await process.advance(5 * MINUTE, () => answers.shift() ?? 'open');
  assert.equal(process.gate.status()[0]?.isHeld, false);
  assert.equal(process.countIn('locked'), 1);
  assert.ok(process.countIn('connected') >= 8);
});

test('connections that stand are not touched while the gate is held', async () => {
  const process = new Process(3);
  const [first, second, third] = process.sessions;
  first?.want();
  await process.advance(1000, () => 'open');
  second?.want();
  await process.advance(1000, () => 'outdated');
  third?.want();
  await process.advance(1000, () => 'outdated');
  assert.deepEqual(
    process.sessions.map(({ model }) => model.state),
    ['connected', 'outdated', 'outdated'],
  );
  assert.equal(third?.model.mode, 'queued');
  third?.unwant();
  assert.equal(process.gate.status()[0]?.waiting, 0);
});
