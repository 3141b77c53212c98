import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { startWatchdog } from './watchdog.ts';

function watch() {
  const clock = new ManualClock();
  const hangs: string[] = [];
  const frames = { areHeld: false };
  const watchdog = startWatchdog(
    clock,
    (what) => hangs.push(what),
    () => frames.areHeld,
  );
  return { clock, hangs, watchdog, frames };
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
    watchdog.sawFrame();
    clock.advance(25_000);
  }
  assert.deepEqual(hangs, []);
  clock.advance(30_000);
  assert.deepEqual(hangs, ['the server is silent']);
});

test('while our own frames wait for the database, nobody is expected to answer', () => {
  const { clock, hangs, watchdog, frames } = watch();
  watchdog.expectFrames();
  frames.areHeld = true;
  clock.advance(600_000);
  assert.deepEqual(hangs, []);
  frames.areHeld = false;
  clock.advance(40_000);
  assert.deepEqual(hangs, []);
  clock.advance(15_000);
  assert.deepEqual(hangs, ['the server is silent']);
});

test('a stopped watchdog says nothing', () => {
  const { clock, hangs, watchdog } = watch();
  watchdog.stop();
  clock.advance(600_000);
  assert.deepEqual(hangs, []);
});
