import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Agenda } from './agenda.ts';

/** A clock that stands still until it is moved, and runs every timer it passes. */
function manualClock() {
  let now = 1000;
  let timers: Array<{ at: number; action: () => void }> = [];
  return {
    now: () => now,
    after(delayMs: number, action: () => void) {
      const timer = { at: now + delayMs, action };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    move(ms: number) {
      now += ms;
      for (let due = timers.find(({ at }) => at <= now); due;) {
        const { action } = due;
        timers = timers.filter((other) => other !== due);
        action();
        due = timers.find(({ at }) => at <= now);
      }
    },
    timers: () => timers.length,
  };
}

test('keys are due in the order of their times, then of themselves', () => {
  const clock = manualClock();
  const seen: number[] = [];
  const agenda = new Agenda(clock, (key) => seen.push(key));
  for (const [key, dueAt] of [
    [5, 1020],
    [1, 1050],
    [4, 1020],
    [2, 1010],
    [3, 1050],
  ] as const) {
    agenda.add(key, dueAt);
  }
  clock.move(15);
  assert.deepEqual(seen, [2]);
  clock.move(100);
  assert.deepEqual(seen, [2, 4, 5, 1, 3]);
  assert.equal(clock.timers(), 0);
});

test('an earlier key moves the timer forward; removed ones are passed over', () => {
  const clock = manualClock();
  const seen: number[] = [];
  const agenda = new Agenda(clock, (key) => seen.push(key));
  agenda.add(1, 1100);
  agenda.add(2, 1010);
  agenda.add(3, 1010);
  agenda.remove(3);
  clock.move(20);
  assert.deepEqual(seen, [2]);
  agenda.clear();
  clock.move(200);
  assert.deepEqual(seen, [2]);
});
