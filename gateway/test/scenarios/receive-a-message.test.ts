import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// What other people write becomes rows: once, also when it came while nobody listened.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000201';
const ANN = '447400000202';
const apiKey = await world.makeService({ link: OWN });

const write = (from: string, text: string) =>
  world.askSimulator(`/simulator/phones/${from}/messages`, { to: OWN, text });

interface ReceivedRow {
  readonly id: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly message: string;
}

async function received(filter = ''): Promise<ReceivedRow[]> {
  return (await world.ask(`/receivedMessages/${apiKey}?page=1&phonenumber=${filter}`)).json.data;
}

async function waitForTexts(expected: string[], filter = ''): Promise<ReceivedRow[]> {
  await waitUntil(`${expected.length} received messages`, async () => {
    return (await received(filter)).length >= expected.length;
  });
  const rows = await received(filter);
  assert.deepEqual(
    rows.map((row) => row.message),
    expected,
  );
  return rows;
}

test('texts come in as written, newest first, from a number and to a number', async () => {
  await write(ANN, 'first, سلام 👋');
  await write(ANN, 'second\nwith a second line');
  const rows = await waitForTexts(['second\nwith a second line', 'first, سلام 👋']);
  for (const row of rows) {
    assert.equal(row.type, 'chat');
    assert.equal(row.from, ANN);
    assert.equal(row.to, OWN);
    assert.match(row.id, /^\d+$/);
  }
});

test('a conversation goes both ways on one Signal session', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    const id = await world.send(apiKey, '447400000203', `question ${turn}`);
    await world.waitForStatus(apiKey, id, { delivery: 'read' });
    await write('447400000203', `answer ${turn}`);
  }
  await waitForTexts(['answer 2', 'answer 1', 'answer 0'], '0203');
  const stats = (await world.askSimulator('/simulator/stats')).json;
  assert.equal(stats.undecryptable, 0);
  assert.equal(stats.reusedRatchetCounters, 0);
});

test('what WhatsApp delivers again is kept once', async () => {
  await world.askSimulator('/simulator/faults', { kind: 'redeliver-incoming', phone: OWN });
  await write('447400000204', 'delivered twice');
  await write('447400000204', 'delivered once');
  await waitForTexts(['delivered once', 'delivered twice'], '0204');
});

test('what came while the gateway was dead is caught up once', async () => {
  await world.gateway.kill();
  await write('447400000205', 'while you were dead 1');
  await write('447400000205', 'while you were dead 2');
  await world.startGateway();
  await waitForTexts(['while you were dead 2', 'while you were dead 1'], '0205');
});

test('a sender of whom WhatsApp tells only the hidden id is known from before', async () => {
  const known = '447400000207';
  const id = await world.send(apiKey, known, 'who are you?');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  for (const from of [known, '447400000208']) {
    await world.askSimulator(`/simulator/phones/${from}/messages`, {
      to: OWN,
      text: `from ${from}`,
      addressingMode: 'lid',
      hidesOtherName: true,
    });
  }
  await waitForTexts([`from ${known}`], known);
  const stranger = await waitUntil('the other message', async () => {
    return (await received()).find(({ message }) => message === 'from 447400000208');
  });
  assert.notEqual(stranger.from, '447400000208', 'nobody has told');
  assert.match(stranger.from, /^\d+$/);
});

test('receiveMessage off: nothing is kept', async () => {
  await world.ask(`/serviceSettings/${apiKey}?receiveMessage=off`);
  await write('447400000206', 'not wanted');
  await waitUntil('the message to be taken from WhatsApp', async () => {
    return (await world.askSimulator('/simulator/stats')).json.stanzasWaiting.unacknowledged === 0;
  });
  await world.ask(`/serviceSettings/${apiKey}?receiveMessage=on`);
  await write('447400000206', 'wanted');
  await waitForTexts(['wanted'], '0206');
});
