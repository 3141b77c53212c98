import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// A test service that asks for pacing, with quick settings: what the simulated phones see of it.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000009';
const [ANN, BOB, CLEO, DAN] = ['447400000011', '447400000012', '447400000013', '447400000014'];
const apiKey = await world.makeService({ link: OWN });

const GAP_MS = 1000;
const QUICK = { chatGapSeconds: 0, warmUpDays: 0, newChatsPerDay: 100 };

async function setPacing(settings: Record<string, number>): Promise<void> {
  const path = `/admin/services/${apiKey}/pacing`;
  const answer = await world.askAsOperator(path, { ...QUICK, ...settings }, 'PUT');
  assert.equal(answer.status, 200, answer.text);
}

const show = async () => (await world.ask(`/pacing/${apiKey}`)).json;
const sent = (id: number) => world.waitForStatus(apiKey, id, { status: 'OK' });

async function arrivals(phone: string): Promise<number[]> {
  const { json } = await world.askSimulator(`/simulator/phones/${phone}/messages`);
  return json.map((message: { at: number }) => message.at);
}

test('messages rest between each other', async () => {
  await setPacing({ gapSecondsMin: GAP_MS / 1000, gapSecondsMax: GAP_MS / 1000 });
  const beganAtMs = Date.now();
  const ids: number[] = [];
  for (const text of ['1', '2', '3']) ids.push(await world.send(apiKey, ANN, text));
  for (const id of ids) await sent(id);
  // The way to the phone takes its time, the first time most of all: what left when is not seen.
  const [, second = 0, third = 0] = (await arrivals(ANN)).map((atMs) => atMs - beganAtMs);
  assert.ok(second >= GAP_MS, `${second} ms`);
  assert.ok(third >= 2 * GAP_MS, `${third} ms`);
});

test('a full hour stops strangers; chats that exist go on, and who writes is answered', async () => {
  await setPacing({ gapSecondsMin: 0, gapSecondsMax: 0, newChatsPerHour: 2 });
  const toBob = await world.send(apiKey, BOB, 'the second chat of the hour');
  const toCleo = await world.send(apiKey, CLEO, 'the third');
  await sent(toBob);
  await sent(await world.send(apiKey, ANN, 'known'));
  assert.deepEqual(await world.shownBy(CLEO), []);
  await waitUntil('the message to be held', async () => (await show()).held === 1);
  const { newChats } = await show();
  assert.deepEqual([newChats.lastHour, newChats.hourMax], [2, 2]);
  assert.equal(newChats.holdsBack.reason, 'new_chats_per_hour');
  await world.waitForStatus(apiKey, toCleo, { status: 'In the send queue', statusInfo: 'Pending' });
  const path = `/simulator/phones/${CLEO}/messages`;
  await world.askSimulator(path, { to: OWN, text: 'are you there?' });
  await sent(toCleo);
  assert.equal((await show()).newChats.lastHour, 2, 'an answer is no new chat');
});

test('a 463 pauses new chats, also after a restart; chats that exist go on', async () => {
  await setPacing({ gapSecondsMin: 0, gapSecondsMax: 0, newChatsPerHour: 100 });
  await world.askSimulator('/simulator/faults', { kind: 'reject-message', phone: OWN, error: 463 });
  const refused = await world.send(apiKey, ANN, 'refused');
  await world.waitForStatus(apiKey, refused, {
    status: 'Failed',
    statusInfo: 'account_restricted',
  });
  await waitUntil('the pause', async () => (await show()).newChats.holdsBack !== null);
  const toDan = await world.send(apiKey, DAN, 'a stranger');
  await sent(await world.send(apiKey, BOB, 'known'));
  await world.gateway.kill();
  await world.startGateway();
  await sent(await world.send(apiKey, BOB, 'known, after the restart'));
  assert.deepEqual(await world.shownBy(DAN), []);
  const { held, newChats } = await show();
  assert.deepEqual([held, newChats.holdsBack.reason], [1, 'account_restricted']);
  const inMs = Date.parse(newChats.holdsBack.until) - Date.now();
  assert.ok(inMs > 0 && inMs <= 24 * 3_600_000, `${inMs} ms`);
  await world.waitForStatus(apiKey, toDan, { status: 'In the send queue' });
});

test('WhatsApp’s own cap on new chats is asked for when a day is over, and kept to', async () => {
  const other = await world.makeService({ link: '447400000019' });
  const order = { kind: 'new-chat-cap', phone: '447400000019', total: 10, used: 7 };
  await world.askSimulator('/simulator/faults', order);
  const path = `/admin/services/${other}/pacing`;
  await world.askAsOperator(path, { ...QUICK, gapSecondsMin: 0, gapSecondsMax: 0 }, 'PUT');
  const allowed = await world.send(other, ANN, 'the eighth');
  await world.waitForStatus(other, allowed, { status: 'OK' });
  await world.send(other, BOB, 'the ninth');
  const standing = async () => (await world.ask(`/pacing/${other}`)).json;
  await waitUntil('it to be held', async () => (await standing()).held === 1);
  const { newChats } = await standing();
  assert.deepEqual([newChats.whatsAppAllows, newChats.holdsBack.reason], [0, 'whatsapp_cap']);
});

test('a service that asks for it no more is as fast as before', async () => {
  const path = `/admin/services/${apiKey}/pacing`;
  await world.askAsOperator(path, { pacing: 'default' }, 'PUT');
  await waitUntil('the stranger to have it', async () => (await world.shownBy(DAN)).length === 1);
  assert.deepEqual([(await show()).paced, (await show()).held], [false, 0]);
});
