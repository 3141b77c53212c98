import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';

import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';
import type { Client } from './client.ts';

const [OWN, ANN, BEN, CAT] = ['447400000001', '447500000001', '447500000002', '447500000003'];

let world: TestWorld;
let client: Client;
before(async () => {
  world = await TestWorld.start();
  client = await world.link(OWN);
});
after(() => world.close());

async function createGroup(addressingMode: string): Promise<string> {
  const { status, body } = await world.call('POST', '/simulator/groups', {
    name: 'Friends',
    participants: [OWN, ANN, BEN],
    addressingMode,
  });
  assert.equal(status, 201);
  return String(body['groupId']);
}

/** The texts a phone shows in a group, once there are so many. */
async function textsIn(groupId: string, phone: string, count: number): Promise<(string | null)[]> {
  return waitUntil(`${count} texts on ${phone}`, async () => {
    const messages = await world.shown(phone, 0);
    const texts = messages.filter((m) => m.groupId === groupId).map(({ text }) => text);
    return texts.length >= count && texts;
  });
}

for (const addressing of ['pn', 'lid']) {
  suite(`a group addressed by ${addressing}`, () => {
    let groupId = '';
    before(async () => {
      groupId = await createGroup(addressing);
    });

    test('its members see what the client writes, and confirm it', async () => {
      const id = await client.sendText(groupId, 'Hello, friends.');
      await client.ackOf(id);
      for (const phone of [OWN, ANN, BEN]) {
        assert.deepEqual(await textsIn(groupId, phone, 1), ['Hello, friends.']);
      }
      const confirmed = await waitUntil('all receipts', () => {
        const receipts = client.receipts.filter(({ attrs }) => attrs['id'] === id);
        return receipts.length === 4 && receipts;
      });
      assert.ok(confirmed.every(({ attrs }) => attrs['from'] === groupId));
      assert.equal(new Set(confirmed.map(({ attrs }) => attrs['participant'])).size, 2);
      for (const text of ['two', 'three', 'four']) await client.sendText(groupId, text);
      const all = ['Hello, friends.', 'two', 'three', 'four'];
      assert.deepEqual(await textsIn(groupId, BEN, 4), all);
    });

    test('members write, first with their key and then without', async () => {
      for (const text of ['From Ann', 'Again']) {
        const answer = await world.call('POST', `/simulator/phones/${ANN}/messages`, {
          groupId,
          text,
        });
        assert.equal(answer.status, 201);
        await waitUntil(text, () =>
          client.messages.some(
            ({ message }) =>
              message.key.remoteJid === groupId && message.message?.conversation === text,
          ),
        );
      }
      assert.equal((await textsIn(groupId, BEN, 6)).at(-1), 'Again');
      assert.equal(await world.stat('retriesAskedByDevices'), 0);
    });

    test('members come and go; who is out sees nothing', async () => {
      const path = `/simulator/groups/${groupId}/participants`;
      const { body } = await world.call('POST', path, { add: [CAT], remove: [BEN] });
      assert.equal((body['participants'] as unknown[]).length, 3);
      const { participants } = await client.socket.groupMetadata(groupId);
      assert.equal(participants.length, 3);
      await client.sendText(groupId, 'Welcome, Cat.');
      assert.deepEqual(await textsIn(groupId, CAT, 1), ['Welcome, Cat.']);
      const seen = await textsIn(groupId, BEN, 0);
      assert.equal(seen.includes('Welcome, Cat.'), false);
      const refused = await world.call('POST', `/simulator/phones/${BEN}/messages`, {
        groupId,
        text: 'Let me in',
      });
      assert.equal(refused.status, 409);
    });

    test('a client that was removed gets an error', async () => {
      await world.call('POST', `/simulator/groups/${groupId}/participants`, { remove: [OWN] });
      await assert.rejects(client.socket.groupMetadata(groupId), /forbidden/);
      const id = `OUTSIDER${addressing}`;
      await client.socket.sendNode({
        tag: 'message',
        attrs: { to: groupId, id, type: 'text' },
        content: [{ tag: 'enc', attrs: { v: '2', type: 'skmsg' }, content: Buffer.alloc(100) }],
      });
      assert.equal((await client.ackOf(id)).attrs['error'], '403');
    });
  });
}

test('nothing was undecryptable, no counter was used twice', async () => {
  assert.equal(await world.stat('undecryptable'), 0);
  assert.equal(await world.stat('reusedRatchetCounters'), 0);
  assert.equal(await world.stat('internalErrors'), 0);
});

test('a member who comes later reads what others write from then on', async () => {
  const groupId = await createGroup('pn');
  const other = await world.link(CAT);
  const ann = (text: string) =>
    world.call('POST', `/simulator/phones/${ANN}/messages`, { groupId, text });
  await ann('before');
  await world.call('POST', `/simulator/groups/${groupId}/participants`, { add: [CAT] });
  await ann('after');
  await waitUntil('the text', () => other.texts.includes('after'));
  assert.equal(other.texts.includes('before'), false);
});

test('a client that has lost a sender key asks again, and gets key and message', async () => {
  const groupId = await createGroup('pn');
  const ann = (text: string) =>
    world.call('POST', `/simulator/phones/${ANN}/messages`, { groupId, text });
  await ann('with the key');
  await waitUntil('the first', () => client.texts.includes('with the key'));
  await client.auth.keys.set({ 'sender-key': { [`${groupId}::${ANN}::0`]: null } });
  await client.end();
  client = await world.connect(client.auth).opened();
  await ann('without it');
  await ann('with it again');
  await waitUntil('both', () =>
    ['without it', 'with it again'].every((text) => client.texts.includes(text)),
  );
});
