import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Whether a number is on WhatsApp is asked once and remembered, by isRegistered and by sending.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const NOBODY = '447400000000';
const SOMEBODY = '447400000952';
const apiKey = await world.makeService({ link: '447400000951' });

/** Everything any account has asked WhatsApp. */
async function stanzasAsked(): Promise<number> {
  return (await world.askSimulator('/simulator/stats')).json.stanzasIn;
}

/** What follows linking has been said when two looks in a row see the same. */
async function waitForSilence(): Promise<number> {
  let before = -1;
  return await waitUntil('WhatsApp to be asked nothing', async () => {
    await world.ask(`/isRegistered/${apiKey}?phonenumber=${SOMEBODY}`);
    const now = await stanzasAsked();
    if (now === before) return now;
    before = now;
    return undefined;
  });
}

test('a second look-up, and sending to nobody, ask WhatsApp nothing', async () => {
  const first = await world.ask(`/isRegistered/${apiKey}?phonenumber=${NOBODY}`);
  assert.deepEqual(first.json, { success: true, result: false });
  const asked = await waitForSilence();
  for (const [phone, result] of [
    [NOBODY, false],
    [SOMEBODY, true],
  ] as const) {
    const again = await world.ask(`/isRegistered/${apiKey}?phonenumber=${phone}`);
    assert.deepEqual(again.json, { success: true, result });
  }
  const id = await world.send(apiKey, NOBODY, 'to nobody');
  await world.waitForStatus(apiKey, id, { status: 'Failed', statusInfo: 'not_on_whatsapp' });
  assert.equal(await stanzasAsked(), asked);
});
