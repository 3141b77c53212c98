import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';

import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';
import { downloadMediaMessage } from 'baileys';
import type { Client } from './client.ts';

const [OWN, ANN] = ['447400000001', '447500000001'];
const TO_ANN = `${ANN}@s.whatsapp.net`;

let world: TestWorld;
let client: Client;
before(async () => {
  world = await TestWorld.start();
  client = await world.link(OWN);
});
after(() => world.close());

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('a document of the client is opened by the phone', async () => {
  const file = randomBytes(300_000);
  await client.socket.sendMessage(TO_ANN, {
    document: file,
    mimetype: 'application/pdf',
    fileName: 'bill.pdf',
    caption: 'Your bill',
  });
  const [shown] = await world.shown(ANN);
  assert.deepEqual([shown?.kind, shown?.text], ['document', 'Your bill']);
  assert.deepEqual(shown?.media, {
    mimetype: 'application/pdf',
    fileName: 'bill.pdf',
    bytes: file.length,
    sha256: sha256(file),
  });
  assert.deepEqual(await world.shown(ANN), [shown]);
});

test('a file that is not what the message says cannot be opened', async () => {
  const file = randomBytes(5000);
  await client.socket.sendMessage(TO_ANN, { audio: file, mimetype: 'audio/ogg' });
  assert.equal((await world.shown(ANN, 2))[1]?.media?.sha256, sha256(file));
  const message = {
    audioMessage: {
      url: 'https://127.0.0.1/nowhere',
      directPath: `/v/${'A'.repeat(43)}`,
      mediaKey: randomBytes(32),
      mimetype: 'audio/ogg',
    },
  };
  await client.socket.relayMessage(TO_ANN, message, {});
  const media = (await world.shown(ANN, 3))[2]?.media;
  assert.deepEqual([media?.bytes, media?.sha256], [null, null]);
});

test('a picture of a phone is downloaded and decrypted by the client', async () => {
  const picture = randomBytes(20_000);
  const { status } = await world.call('POST', `/simulator/phones/${ANN}/messages`, {
    to: OWN,
    text: 'Look',
    media: { base64: picture.toString('base64'), mimetype: 'image/jpeg' },
  });
  assert.equal(status, 201);
  const received = await waitUntil('the picture', () =>
    client.messages.find(({ message }) => message.message?.imageMessage?.caption === 'Look'),
  );
  const options = { dispatcher: dispatcherTrusting(world.mediaCertificate) } as RequestInit;
  const downloaded = await downloadMediaMessage(received.message, 'buffer', { options });
  assert.equal(sha256(downloaded), sha256(picture));
});

test('an upload under a wrong name is refused', async () => {
  const { body } = await world.call('GET', '/simulator');
  const options = {
    method: 'POST',
    body: 'something',
    dispatcher: dispatcherTrusting(world.mediaCertificate),
  } as RequestInit;
  const path = `${String(body['mediaUrl'])}/mms/image/${'B'.repeat(43)}`;
  assert.equal((await fetch(path, options)).status, 400);
  await assert.rejects(fetch(path), /fetch failed/, 'who does not trust the certificate stays out');
});

test('faults cut-upload and cut-download: the connection breaks halfway', async () => {
  const file = randomBytes(300_000);
  const document = { document: file, mimetype: 'application/pdf', fileName: 'cut.pdf' };
  const sent = await client.socket.sendMessage(TO_ANN, document);
  const path = sent?.message?.documentMessage?.directPath;
  const { body } = await world.call('GET', '/simulator');
  const options = { dispatcher: dispatcherTrusting(world.mediaCertificate) } as RequestInit;
  const download = async (): Promise<number> => {
    const response = await fetch(`${String(body['mediaUrl'])}${path}`, options);
    return (await response.arrayBuffer()).byteLength;
  };
  await world.fault('cut-upload');
  const upload = { ...options, method: 'POST', body: 'something' };
  const place = `${String(body['mediaUrl'])}/mms/image/${'C'.repeat(43)}`;
  await assert.rejects(fetch(place, upload), /fetch failed/);
  assert.equal((await fetch(place, upload)).status, 400, 'the next one gets an answer');
  await world.fault('cut-download');
  await assert.rejects(download(), /terminated/);
  assert.ok((await download()) > file.length);
});

/** Node's own `fetch` takes a dispatcher of the class its global one has. */
function dispatcherTrusting(ca: string): unknown {
  const symbol = Symbol.for('undici.globalDispatcher.1');
  const global = (globalThis as unknown as Record<symbol, object>)[symbol];
  const AgentClass = global?.constructor as new (options: object) => unknown;
  return new AgentClass({ connect: { ca } });
}
