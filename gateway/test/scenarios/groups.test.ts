import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openDatabase } from '../../src/storage/database.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Groups: who is in them decides who can read, and whether we may write.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000701';
const ANN = '447400000702';
const BOB = '447400000703';
const EVE = '447400000704';
const apiKey = await world.makeService({ link: OWN });

type Addressing = 'pn' | 'lid';

async function makeGroup(
  name: string,
  participants: string[],
  addressingMode: Addressing = 'lid',
): Promise<string> {
  const order = { name, participants, addressingMode };
  return (await world.askSimulator('/simulator/groups', order)).json.groupId;
}

const change = (groupId: string, members: { add?: string[]; remove?: string[] }) =>
  world.askSimulator(`/simulator/groups/${groupId}/participants`, members);

async function send(groupId: string, message: string): Promise<number> {
  const body = new URLSearchParams({ groupId, message });
  const answer = await world.ask(`/sendGroup/${apiKey}`, { method: 'POST', body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.messageId;
}

async function textsIn(groupId: string, phone: string): Promise<string[]> {
  const shown: { groupId: string; text: string }[] = (
    await world.askSimulator(`/simulator/phones/${phone}/messages`)
  ).json;
  return shown.filter((message) => message.groupId === groupId).map(({ text }) => text);
}

async function waitForTexts(groupId: string, phone: string, expected: string[]): Promise<void> {
  await waitUntil(`${phone} to show ${expected.length} texts`, async () => {
    return (await textsIn(groupId, phone)).length >= expected.length;
  });
  assert.deepEqual(await textsIn(groupId, phone), expected);
}

/** Waits until the gateway has taken all that WhatsApp had to tell it. */
async function waitUntilTold(): Promise<void> {
  await waitUntil('the gateway to be told', async () => {
    return (await world.askSimulator('/simulator/stats')).json.stanzasWaiting.unacknowledged === 0;
  });
}

for (const addressing of ['pn', 'lid'] as const) {
  test(`every member reads what is sent to a group (${addressing}), and the ticks climb`, async () => {
    const groupId = await makeGroup(`Friends ${addressing}`, [ANN, OWN, BOB], addressing);
    await waitUntilTold();
    const texts = ['first', 'second, سلام 👋', 'third'];
    for (const text of texts) {
      const id = await send(groupId, text);
      await world.waitForStatus(apiKey, id, { status: 'OK', delivery: 'read' });
    }
    for (const phone of [ANN, BOB]) await waitForTexts(groupId, phone, texts);
    assert.equal((await world.askSimulator('/simulator/stats')).json.undecryptable, 0);
  });

  test(`what members write comes in with number and order (${addressing})`, async () => {
    const member = addressing === 'pn' ? '447400000710' : '447400000711';
    const groupId = await makeGroup(`Talk ${addressing}`, [member, OWN], addressing);
    for (const text of ['one', 'two']) {
      await world.askSimulator(`/simulator/phones/${member}/messages`, { groupId, text });
    }
    const rows = await waitUntil('both messages', async () => {
      const { json } = await world.ask(`/receivedMessages/${apiKey}?phonenumber=${member}`);
      return json.count === 2 ? json.data : null;
    });
    assert.deepEqual(
      rows.map((row: Record<string, string>) => [row['type'], row['from'], row['message']]),
      [
        ['chat', member, 'two'],
        ['chat', member, 'one'],
      ],
    );
  });
}

test('who joins reads from then on, who leaves reads no more', async () => {
  const groupId = await makeGroup('Changing', [ANN, OWN, BOB]);
  await waitUntilTold();
  await world.waitForStatus(apiKey, await send(groupId, 'before'), { delivery: 'read' });
  await change(groupId, { add: [EVE], remove: [BOB] });
  await waitUntilTold();
  await world.waitForStatus(apiKey, await send(groupId, 'after'), { delivery: 'read' });
  await waitForTexts(groupId, EVE, ['after']);
  await waitForTexts(groupId, ANN, ['before', 'after']);
  await waitForTexts(groupId, BOB, ['before']);
  assert.equal((await world.askSimulator('/simulator/stats')).json.undecryptable, 0);
});

test('when somebody leaves, those who stay are given a new key', async () => {
  const groupId = await makeGroup('Leaving', [ANN, OWN, BOB]);
  await waitUntilTold();
  const database = openDatabase(world.databaseUrl, () => undefined);
  const countKeys = async (): Promise<number> => {
    const rows = database.query.selectFrom('account_keys').select('name');
    return (await rows.where('name', 'like', `${groupId}%`).execute()).length;
  };
  await world.waitForStatus(apiKey, await send(groupId, 'first'), { delivery: 'read' });
  assert.equal(await countKeys(), 2, 'the key, and who has it');
  await change(groupId, { remove: [BOB] });
  await waitUntil('the key to be forgotten', async () => (await countKeys()) === 0);
  await world.waitForStatus(apiKey, await send(groupId, 'second'), { delivery: 'read' });
  assert.equal(await countKeys(), 2);
  await database.close();
  await waitForTexts(groupId, ANN, ['first', 'second']);
});

test('only groups of the account are listed, and only they can be written to', async () => {
  const mine = await makeGroup('Mine', [ANN, OWN]);
  const others = await makeGroup('Others', [ANN, BOB]);
  const list = async (): Promise<{ groupId: string; name: string }[]> =>
    (await world.ask(`/getGroupList/${apiKey}`)).json;
  const idsOf = async (): Promise<string> => JSON.stringify(await list());
  assert.ok((await idsOf()).includes(mine.replace('@g.us', '')));
  assert.ok(!(await idsOf()).includes(others.replace('@g.us', '')));
  const refused = await send(others, 'let me in');
  await world.waitForStatus(apiKey, refused, { status: 'Failed', statusInfo: 'not_in_group' });
  assert.deepEqual(await textsIn(others, ANN), []);

  await world.waitForStatus(apiKey, await send(mine, 'still in'), { delivery: 'read' });
  await change(mine, { remove: [OWN] });
  await waitUntilTold();
  const late = await send(mine, 'thrown out');
  await world.waitForStatus(apiKey, late, { status: 'Failed', statusInfo: 'not_in_group' });
  assert.ok(!(await idsOf()).includes(mine.replace('@g.us', '')));

  await change(mine, { add: [OWN] });
  await waitUntilTold();
  await world.waitForStatus(apiKey, await send(mine, 'back again'), { delivery: 'read' });
  await waitForTexts(mine, ANN, ['still in', 'back again']);
});

test('one member without keys does not lose the message for the others', async () => {
  const keyless = '447400000720';
  const members = Array.from({ length: 12 }, (_, index) => `4474000007${30 + index}`);
  await world.askSimulator('/simulator/faults', {
    kind: 'withhold-keys',
    phone: keyless,
    count: 100_000,
  });
  const groupId = await makeGroup('With one of them', [ANN, OWN, ...members, keyless]);
  await waitUntilTold();
  const id = await send(groupId, 'to all of you');
  await world.waitForStatus(apiKey, id, { status: 'OK', delivery: 'read' });
  for (const phone of [ANN, ...members]) await waitForTexts(groupId, phone, ['to all of you']);
  assert.deepEqual(await textsIn(groupId, keyless), []);

  await world.askSimulator('/simulator/faults', undefined, 'DELETE');
  await world.askSimulator('/simulator/faults', { kind: 'drop-connection', phone: OWN });
  await waitUntil('the connection to be another', async () => {
    return (await world.connectionOf(apiKey)) !== 'connected';
  });
  await world.waitForConnection(apiKey, 'connected');
  await send(groupId, 'and to you');
  await waitUntil('the member to read again', async () => {
    return (await textsIn(groupId, keyless)).includes('and to you');
  });
});

test('a phone that can not read asks again, and is answered by the gateway of after a restart', async () => {
  const groupId = await makeGroup('Forgetful', [ANN, OWN, BOB]);
  await waitUntilTold();
  await world.waitForStatus(apiKey, await send(groupId, 'readable'), { delivery: 'read' });
  assert.equal(await world.gateway.stop(), 0);
  // The gateway forgets its key for the group but not whom it gave it: nobody will have the next.
  const database = openDatabase(world.databaseUrl, () => undefined);
  await database.query.deleteFrom('account_keys').where('type', '=', 'sender-key').execute();
  await database.close();
  await world.startGateway();
  await world.waitForConnection(apiKey, 'connected');
  const slow = { ackDelayMs: 0, deliverAfterMs: 2000, readAfterMs: 2100 };
  await world.askSimulator('/simulator/behaviour', slow, 'PUT');
  const id = await send(groupId, 'unreadable at first');
  await world.waitForStatus(apiKey, id, { delivery: 'server' });
  assert.deepEqual(await textsIn(groupId, ANN), ['readable']);
  await world.gateway.kill();
  await world.startGateway();
  for (const phone of [ANN, BOB]) {
    await waitForTexts(groupId, phone, ['readable', 'unreadable at first']);
  }
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});
