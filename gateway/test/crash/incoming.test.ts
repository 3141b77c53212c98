import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { CrashPoint } from '../../src/runtime/crash-point.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// What WhatsApp delivers is a row here, once, also when the gateway dies between decrypting it and
// writing it, or between writing it and saying so.

const OWN = '447400009101';
const environment: Record<string, string> = {};
const world = await TestWorld.start(environment);
after(() => world[Symbol.asyncDispose]());
const apiKey = await world.makeService({ link: OWN });

const write = (from: string, text: string) =>
  world.askSimulator(`/simulator/phones/${from}/messages`, { to: OWN, text });

async function receivedFrom(phone: string): Promise<string[]> {
  const { json } = await world.ask(`/receivedMessages/${apiKey}?phonenumber=${phone}`);
  return json.data.map((row: { message: string }) => row.message);
}

const POINTS: CrashPoint[] = ['incoming-before-commit', 'incoming-after-commit', 'frame-written'];

test('killed between decryption, row and receipt: the text is there, once', async () => {
  const expected: string[] = [];
  const phone = '447400009111';
  for (const point of POINTS) {
    // The first text opens the Signal session, the others travel on it.
    const text = `killed at ${point}`;
    expected.unshift(text);
    await world.gateway.stop();
    await write(phone, text);
    environment['TICKWIRE_CRASH_AT'] = point;
    await world.startGateway();
    await waitUntil('the gateway to die', () => !world.gateway.isRunning);
    environment['TICKWIRE_CRASH_AT'] = '';
    await world.startGateway();
    await waitUntil(`"${text}"`, async () => (await receivedFrom(phone)).includes(text));
  }
  await write(phone, 'afterwards');
  await waitUntil('the next one', async () => (await receivedFrom(phone)).includes('afterwards'));
  assert.deepEqual(await receivedFrom(phone), ['afterwards', ...expected]);
});
