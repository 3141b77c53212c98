import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';
import type { Client } from './client.ts';

const [OWN, ANN, BEN] = ['447400000001', '447500000001', '447500000002'];
const STATUS = { server: 2, delivered: 3, read: 4 };

let world: TestWorld;
let client: Client;
before(async () => {
  world = await TestWorld.start();
  client = await world.link(OWN);
});
after(() => world.close());

test('a text reaches the phone, is acked, delivered and read, in this order', async () => {
  const id = await client.sendText(ANN, 'Hello, Ann.');
  await client.ackOf(id);
  const [shown] = await world.shown(ANN);
  assert.ok(shown);
  assert.deepEqual(
    [shown.id, shown.from, shown.to, shown.kind, shown.text, shown.wireCopies],
    [id, OWN, ANN, 'text', 'Hello, Ann.', 1],
  );
  await waitUntil('the blue ticks', () => client.receipts.some((r) => r.attrs['type'] === 'read'));
  const types = client.receipts.map(({ attrs }) => attrs['type'] ?? 'delivered');
  assert.deepEqual(types, ['sender', 'delivered', 'read']);
  assert.ok(client.statusesOf(id).includes(STATUS.read));
  const [copy] = await world.shown(OWN);
  assert.deepEqual([copy?.id, copy?.text], [id, 'Hello, Ann.']);
});

test('a phone writes and the client answers, under phone numbers', async () => {
  const id = await world.write(BEN, OWN, 'Are you there?');
  await waitUntil('the message', () => client.texts.includes('Are you there?'));
  const received = client.messages.find(({ message }) => message.key.id === id);
  assert.equal(received?.message.key.remoteJid, `${BEN}@s.whatsapp.net`);
  assert.equal(received?.type, 'notify');
  await waitUntil('two ticks', async () => {
    const { body } = await world.call('GET', `/simulator/phones/${BEN}/written`);
    return (body as unknown as Array<{ ticks: number }>)[0]?.ticks === 2;
  });
  await client.sendText(BEN, 'Yes.');
  assert.equal((await world.shown(BEN)).at(-1)?.text, 'Yes.');
});

test('the same under hidden numbers (LID)', async () => {
  const id = await world.write(BEN, OWN, 'By LID', { addressingMode: 'lid' });
  await waitUntil('the message', () => client.texts.includes('By LID'));
  const key = client.messages.find(({ message }) => message.key.id === id)?.message.key;
  assert.match(key?.remoteJid ?? '', /@lid$/);
  assert.equal(key?.remoteJidAlt, `${BEN}@s.whatsapp.net`);
  const sent = await client.sendText(key?.remoteJid ?? '', 'To LID');
  await waitUntil('delivery', () => client.statusesOf(sent).includes(STATUS.read));
  const receipt = client.receipts.find(({ attrs }) => attrs['id'] === sent && !attrs['type']);
  assert.equal(receipt?.attrs['from'], key?.remoteJid);
  assert.equal((await world.shown(BEN)).at(-1)?.text, 'To LID');
});

test('registered numbers exist, others do not', async () => {
  const answers = await client.socket.onWhatsApp(ANN, '447500010000');
  assert.deepEqual(
    answers?.map(({ jid, exists }) => [jid, exists]),
    [[`${ANN}@s.whatsapp.net`, true]], // Baileys leaves out who does not exist
  );
});

test('two linked clients write to each other', async () => {
  const other = await world.link('447400000002');
  const id = await client.sendText('447400000002', 'From client to client');
  await waitUntil('the message', () => other.texts.includes('From client to client'));
  assert.equal((await world.shown('447400000002')).at(-1)?.id, id);
  await other.sendText(OWN, 'And back');
  await waitUntil('the answer', () => client.texts.includes('And back'));
});

test('a message sent twice under one id is shown once', async () => {
  const id = await client.sendText(ANN, 'Twice', 'TWICE0000000001');
  await client.ackOf(id);
  await client.sendText(ANN, 'Twice', id);
  const twice = await waitUntil('the second copy', async () =>
    (await world.shown(ANN)).find((message) => message.id === id && message.wireCopies === 2),
  );
  assert.equal(twice.text, 'Twice');
  assert.equal((await world.shown(ANN)).filter((message) => message.id === id).length, 1);
  const { body } = await world.call('GET', '/simulator/stats?wireIds=true');
  assert.equal((body['wireIds'] as Record<string, number>)[id], 2);
  assert.equal(body['reusedRatchetCounters'], 0);
  assert.equal(body['undecryptable'], 0);
});

test('a location is shown as one', async () => {
  await client.socket.sendMessage(`${BEN}@s.whatsapp.net`, {
    location: { degreesLatitude: 51.5, degreesLongitude: -0.12, name: 'London' },
  });
  const place = await waitUntil('the place', async () =>
    (await world.shown(BEN)).find(({ kind }) => kind === 'location'),
  );
  assert.deepEqual([place.latitude, place.longitude, place.text], [51.5, -0.12, 'London']);
});

test('a phone asks again for what it cannot decrypt, and gets it', async () => {
  const before = await world.stat('undecryptable');
  const repository = client.socket.signalRepository;
  const encrypt = repository.encryptMessage.bind(repository);
  let spoilt = 0;
  repository.encryptMessage = async (options) => {
    const result = await encrypt(options);
    if (!options.jid.startsWith(ANN) || spoilt > 0) return result;
    spoilt += 1;
    const ciphertext = Buffer.from(result.ciphertext);
    const place = ciphertext.length - 20; // inside the inner message, whichever type this is
    ciphertext.writeUInt8(ciphertext.readUInt8(place) ^ 1, place);
    return { ...result, ciphertext };
  };
  const id = await client.sendText(ANN, 'Spoilt on the way');
  const shown = await waitUntil('the message', async () =>
    (await world.shown(ANN)).find((message) => message.id === id),
  );
  repository.encryptMessage = encrypt;
  assert.equal(shown.text, 'Spoilt on the way');
  assert.equal(spoilt, 1);
  assert.equal(await world.stat('undecryptable'), Number(before) + 1);
});

test('a client asks again for what it cannot decrypt, and gets it', async () => {
  await world.write(ANN, OWN, 'With a session');
  await waitUntil('the message', () => client.texts.includes('With a session'));
  await client.auth.keys.set({ session: await sessionsGone(client) });
  await client.end();
  client = await world.connect(client.auth).opened();
  await world.write(ANN, OWN, 'Without one');
  await waitUntil('the message', () => client.texts.includes('Without one'));
  assert.equal(await world.stat('retriesAskedByDevices'), 1);
});

/** A client that has lost all its sessions. */
async function sessionsGone(of: Client): Promise<Record<string, null>> {
  const repository = of.socket.signalRepository;
  const lid = await repository.lidMapping.getLIDForPN(`${ANN}@s.whatsapp.net`);
  return { [repository.jidToSignalProtocolAddress(lid ?? '')]: null };
}
