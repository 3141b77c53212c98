import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { startKeepAlive } from './keep-alive.ts';

test('the server is pinged every 25 s; while frames wait, only the wire is', () => {
  const clock = new ManualClock();
  const sent: string[] = [];
  let isHolding = false;
  const stop = startKeepAlive(clock, {
    isHolding: () => isHolding,
    ping: () => sent.push('ping'),
    pingWire: () => sent.push('wire'),
  });
  clock.advance(50_000);
  isHolding = true;
  clock.advance(50_000);
  isHolding = false;
  clock.advance(25_000);
  assert.deepEqual(sent, ['ping', 'ping', 'wire', 'wire', 'ping']);
  stop();
  clock.advance(100_000);
  assert.equal(sent.length, 5);
});
