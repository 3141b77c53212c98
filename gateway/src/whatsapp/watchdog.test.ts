import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { startWatchdog } from './watchdog.ts';

function watch() {
  const clock = new ManualClock();
  const hangs: string[] = [];
  const probes: PromiseWithResolvers<void>[] = [];
  const frames = { areHeld: false };
  const watchdog = startWatchdog(clock, {
    isHolding: () => frames.areHeld,
    onHang: (what) => hangs.push(what),
    probe() {
      const probe = Promise.withResolvers<void>();
      probes.push(probe);
      return probe.promise;
    },
  });
  /** Time passes, and pings are answered. */
  const advance = async (durationMs: number): Promise<void> => {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 5000) {
      watchdog.sawFrame(true);
      clock.advance(Math.min(5000, durationMs - passedMs));
      await Promise.resolve();
    }
  };
  return { clock, hangs, probes, watchdog, advance, frames };
}

test('a login that is never answered is ended', () => {
  const { clock, hangs } = watch();
  clock.advance(44_000);
  assert.deepEqual(hangs, []);
  clock.advance(2000);
  assert.deepEqual(hangs, ['the login was not answered']);
});

test('a QR code may be looked at for as long as it lives', () => {
  const { clock, hangs, watchdog } = watch();
  watchdog.expectNothing();
  clock.advance(600_000);
  assert.deepEqual(hangs, []);
});

test('an open connection must be heard of', () => {
  const { clock, hangs, watchdog } = watch();
  watchdog.expectFrames();
  for (let seconds = 0; seconds < 120; seconds += 25) {
    watchdog.sawFrame(true);
    clock.advance(25_000);
  }
  assert.deepEqual(hangs, []);
  clock.advance(30_000);
  assert.deepEqual(hangs, ['the server is silent']);
});

test('while our own frames wait for the database, nobody is expected to answer', () => {
  const { clock, hangs, probes, watchdog, frames } = watch();
  watchdog.expectFrames();
  watchdog.acks.sent('held back');
  frames.areHeld = true;
  clock.advance(600_000);
  assert.deepEqual([hangs.length, probes.length], [0, 0]);
  frames.areHeld = false;
  watchdog.acks.answered('held back');
  clock.advance(40_000);
  assert.deepEqual(hangs, []);
  clock.advance(15_000);
  assert.deepEqual(hangs, ['the server is silent']);
});

test('nothing but pings for five minutes: the server is asked, and must answer', async () => {
  const { hangs, probes, watchdog, advance } = watch();
  watchdog.expectFrames();
  await advance(300_000);
  assert.equal(probes.length, 0);
  await advance(10_000);
  assert.equal(probes.length, 1);
  probes[0]?.resolve();
  await advance(300_000);
  assert.deepEqual(hangs, []);
  await advance(10_000);
  assert.equal(probes.length, 2, 'an answer is good for another five minutes');
  await advance(20_000);
  assert.deepEqual(hangs, ['the server answers nothing but pings']);
});

test('a question that fails is no proof of life, a message that comes meanwhile is', async () => {
  for (const isSaved of [true, false]) {
    const { hangs, probes, watchdog, advance } = watch();
    watchdog.expectFrames();
    await advance(310_000);
    probes[0]?.reject(new Error('timed out'));
    await advance(5000);
    if (isSaved) watchdog.sawFrame(false);
    await advance(30_000);
    assert.equal(hangs.length, isSaved ? 0 : 1);
  }
});

test('a message that is not acknowledged: the server is asked after seconds', async () => {
  const { hangs, probes, watchdog, advance } = watch();
  watchdog.expectFrames();
  await advance(60_000);
  watchdog.acks.sent('A');
  await advance(10_000);
  assert.equal(probes.length, 1);
  assert.ok(watchdog.liveness().isSlow);
  await advance(20_000);
  assert.deepEqual(hangs, ['the server answers nothing but pings']);
});

test('acknowledged messages tell how fast the server is', async () => {
  const { probes, watchdog, advance } = watch();
  watchdog.expectFrames();
  watchdog.acks.sent('A');
  await advance(2000);
  watchdog.acks.answered('A');
  assert.deepEqual(watchdog.liveness(), { quietMs: 2000, isSlow: false, answerMs: 2000 });
  await advance(200_000);
  assert.equal(probes.length, 0);
});

test('a stopped watchdog says nothing', () => {
  const { clock, hangs, watchdog } = watch();
  watchdog.stop();
  clock.advance(600_000);
  assert.deepEqual(hangs, []);
});
