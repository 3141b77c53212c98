import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { PhoneNumber } from '../domain/phone-number.ts';
import { requestPairCode } from './request-pair-code.ts';

const PHONE = '447400000001' as PhoneNumber;

/** What the library does: the code is known before its request has left. */
function ask(clock: ManualClock): { wire: EventEmitter; code: Promise<string> } {
  const wire = new EventEmitter();
  const socket = { ws: wire, requestPairingCode: () => Promise.resolve('ABCD2345') };
  return { wire, code: requestPairCode(socket as never, PHONE, clock) };
}

async function isGiven(code: Promise<string>): Promise<boolean> {
  let given = false;
  void code.then(() => (given = true));
  await new Promise(setImmediate);
  return given;
}

test('the code is given when WhatsApp knows it', async () => {
  const { wire, code } = ask(new ManualClock());
  assert.equal(await isGiven(code), false);
  wire.emit('CB:iq,,link_code_companion_reg');
  assert.equal(await code, 'ABCD-2345');
});

test('without an answer of WhatsApp it is given after five seconds', async () => {
  const clock = new ManualClock();
  const { code } = ask(clock);
  assert.equal(await isGiven(code), false);
  clock.advance(5000);
  assert.equal(await code, 'ABCD-2345');
});
