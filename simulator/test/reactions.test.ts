import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { WebSocket } from 'ws';

import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';
import type { BinaryNode } from 'baileys';
import type { Client } from './client.ts';

const [OWN, ANN, BEN] = ['447400000001', '447500000001', '447500000002'];

let world: TestWorld;
let client: Client;
before(async () => {
  world = await TestWorld.start();
  client = await world.link(OWN);
});
after(() => world.close());

/** The receipts of a message by others than the own phone, in the order they came. */
function receiptsOf(id: string): string[] {
  return client.receipts
    .filter(({ attrs }) => attrs['id'] === id && attrs['type'] !== 'sender')
    .map(({ attrs }) => attrs['type'] ?? 'delivered');
}

/** Logs in again after a connection was lost. */
async function reconnect(): Promise<void> {
  await client.closed();
  client = await world.connect(client.auth).opened();
}

test('behaviour: never delivered, never read, for one phone and for all', async () => {
  await world.behave({
    deliverAfterMs: 0,
    readAfterMs: 0,
    phones: { [BEN]: { readAfterMs: null } },
  });
  const toBen = await client.sendText(BEN, 'one');
  const toAnn = await client.sendText(ANN, 'two');
  await waitUntil('Ann has read', () => receiptsOf(toAnn).includes('read'));
  assert.deepEqual(receiptsOf(toBen), ['delivered']);
  await world.behave({ deliverAfterMs: null });
  const undelivered = await client.sendText(ANN, 'three');
  await client.ackOf(undelivered);
  await world.behave({ readAfterMs: 0, deliverAfterMs: 0 });
  const later = await client.sendText(ANN, 'four');
  await waitUntil('the later one is read', () => receiptsOf(later).includes('read'));
  assert.deepEqual(receiptsOf(undelivered), []);
  const { status } = await world.behave({ readAfterMs: 'soon' });
  assert.equal(status, 400);
});

test('behaviour: the ack is late, or never comes', async () => {
  await world.behave({ ackDelayMs: 150, deliverAfterMs: 0, readAfterMs: 0 });
  const id = await client.sendText(ANN, 'late ack');
  await waitUntil('delivery', () => receiptsOf(id).includes('delivered'));
  assert.equal(
    client.acks.some(({ attrs }) => attrs['id'] === id),
    false,
  );
  await client.ackOf(id);
  await world.behave({ ackDelayMs: null, deliverAfterMs: 0, readAfterMs: 0 });
  const silent = await client.sendText(ANN, 'no ack');
  await waitUntil('reading', () => receiptsOf(silent).includes('read'));
  assert.equal(
    client.acks.some(({ attrs }) => attrs['id'] === silent),
    false,
  );
  await world.behave({ deliverAfterMs: 0, readAfterMs: 0 });
});

test('fault swallow-ack: delivered all the same', async () => {
  await world.fault('swallow-ack', { phone: OWN });
  const swallowed = await client.sendText(ANN, 'swallowed');
  const next = await client.sendText(ANN, 'next');
  await client.ackOf(next);
  await waitUntil('reading', () => receiptsOf(swallowed).includes('read'));
  assert.equal(
    client.acks.some(({ attrs }) => attrs['id'] === swallowed),
    false,
  );
});

test('fault reject-message: an ack with the error, and nobody sees the message', async () => {
  await world.fault('reject-message', { error: 463, phone: OWN });
  const id = await client.sendText(ANN, 'rejected');
  assert.equal((await client.ackOf(id)).attrs['error'], '463');
  const next = await client.sendText(ANN, 'accepted');
  await client.ackOf(next);
  assert.equal(
    (await world.shown(ANN)).some(({ text }) => text === 'rejected'),
    false,
  );
});

test('fault delay-ack', async () => {
  await world.fault('delay-ack', { delayMs: 100 });
  const id = await client.sendText(ANN, 'delayed');
  await waitUntil('delivery', () => receiptsOf(id).includes('delivered'));
  assert.equal(
    client.acks.some(({ attrs }) => attrs['id'] === id),
    false,
  );
  await client.ackOf(id);
});

test('fault duplicate-receipt', async () => {
  await world.fault('duplicate-receipt', { phone: OWN });
  const id = await client.sendText(ANN, 'doubled');
  await waitUntil('all receipts', () => receiptsOf(id).length === 3);
  assert.deepEqual(receiptsOf(id).toSorted(), ['delivered', 'delivered', 'read']);
});

test('fault reorder-receipts: read comes before delivered', async () => {
  await world.behave({ deliverAfterMs: 10, readAfterMs: 60 });
  await world.fault('reorder-receipts', { phone: OWN });
  const id = await client.sendText(ANN, 'reordered');
  await waitUntil('both receipts', () => receiptsOf(id).length === 2);
  assert.deepEqual(receiptsOf(id), ['read', 'delivered']);
  await world.behave({ deliverAfterMs: 0, readAfterMs: 0 });
});

test('fault drop-connection: at once', async () => {
  await world.fault('drop-connection', { phone: OWN });
  assert.equal(await client.closed(), 428);
  await reconnect();
  assert.equal(await world.stat('faultsPending'), 0);
});

test('fault drop-connection after a message: it arrived, the ack did not', async () => {
  await world.fault('drop-connection', { after: 'message' });
  const id = await client.sendText(ANN, 'cut off');
  await reconnect();
  assert.equal(
    client.acks.some(({ attrs }) => attrs['id'] === id),
    false,
  );
  assert.ok((await world.shown(ANN)).some((message) => message.id === id));
  await waitUntil('the receipts, late', () => receiptsOf(id).includes('read'));
});

test('fault drop-connection after a message that is lost', async () => {
  await world.fault('drop-connection', { after: 'message', lost: true });
  const id = await client.sendText(ANN, 'lost');
  await reconnect();
  await client.sendText(ANN, 'lost', id);
  await client.ackOf(id);
  const copies = (await world.shown(ANN)).filter((message) => message.id === id);
  assert.deepEqual(
    copies.map(({ wireCopies }) => wireCopies),
    [1],
  );
});

test('fault refuse-connection: HTTP refusal, reset, refused login', async () => {
  await client.end();
  await world.fault('refuse-connection', { status: 503 });
  assert.equal(await upgradeRefusal(), 503);
  await world.fault('refuse-connection');
  assert.notEqual(await world.connect(client.auth).closed(), undefined);
  await world.fault('refuse-connection', { status: 403, phone: OWN });
  assert.equal(await world.connect(client.auth).closed(), 403);
  client = await world.connect(client.auth).opened();
});

test('fault refuse-connection, silent: accepted, and never answered', async () => {
  await client.end();
  await world.fault('refuse-connection', { mode: 'silent' });
  const silent = world.connect(client.auth);
  await waitUntil('the fault to strike', async () => (await world.stat('faultsPending')) === 0);
  assert.deepEqual([silent.isOpen, silent.closeCode], [false, undefined]);
  await silent.end();
  client = await world.connect(client.auth).opened();
});

test('faults conflict-replaced and stream-error', async () => {
  await world.fault('conflict-replaced', { phone: OWN });
  assert.equal(await client.closed(), 440);
  await reconnect();
  await world.fault('stream-error', { code: 503 });
  assert.equal(await client.closed(), 503);
  await reconnect();
  assert.equal((await world.fault('stream-error')).status, 400);
  assert.equal((await world.fault('no-such-fault')).status, 400);
});

test('fault stream-error names a conflict, with and without a code', async () => {
  await world.fault('stream-error', { code: 401, conflict: 'device_removed' });
  assert.equal(await client.closed(), 401);
  await reconnect();
  await world.fault('stream-error', { conflict: 'device_removed' });
  assert.equal(await client.closed(), 440);
  await reconnect();
});

test('fault login-failure: the reason, and of a ban its cause and length', async () => {
  assert.equal((await world.fault('login-failure')).status, 400);
  await client.end();
  await world.fault('login-failure', { phone: OWN, code: 402, banCode: 101, expire: 3600 });
  const refused = world.connect(client.auth);
  const failures: BinaryNode[] = [];
  refused.socket.ws.on('CB:failure', (node: BinaryNode) => failures.push(node));
  assert.equal(await refused.closed(), 402);
  assert.deepEqual(failures[0]?.attrs, {
    reason: '402',
    location: 'sim',
    code: '101',
    expire: '3600',
  });
  client = await world.connect(client.auth).opened();
});

test('fault mute: pings are answered, nothing else is, and nothing is lost for good', async () => {
  await world.fault('mute', { phone: OWN });
  assert.equal((await ping()).attrs['type'], 'result');
  const incoming = await world.write(ANN, OWN, 'unheard');
  await assert.rejects(ask('encrypt', 'count', 100), /Timed Out/);
  await ping();
  assert.deepEqual(
    client.incoming.filter(({ attrs }) => attrs['id'] === incoming),
    [],
  );
  await client.end();
  await reconnect();
  await waitUntil('what had waited', () =>
    client.incoming.some(({ attrs }) => attrs['id'] === incoming),
  );
});

test('fault half-open: not even pings are answered, and the connection stands', async () => {
  await world.fault('half-open', { phone: OWN });
  await assert.rejects(ping(100), /Timed Out/);
  assert.equal(client.closeCode, undefined);
  await client.end();
  await reconnect();
  assert.equal(await world.stat('overlappingSockets'), 0);
});

test('fault slow-link: everything takes longer, in the same order', async () => {
  await world.fault('slow-link', { phone: OWN, delayMs: 100 });
  const startedAt = performance.now();
  const ids = await Promise.all(['one', 'two'].map((text) => client.sendText(ANN, text)));
  for (const id of ids) await client.ackOf(id);
  assert.ok(performance.now() - startedAt >= 190);
  await client.end();
  await reconnect();
});

test('fault drop-connection after some bytes: cut in the middle of a frame', async () => {
  await world.fault('drop-connection', { phone: OWN, afterBytes: 20 });
  await assert.rejects(ping());
  assert.equal(await client.closed(), 428);
  await reconnect();
});

test('fault redeliver-incoming: the same ciphertext comes again', async () => {
  const copies: BinaryNode[] = [];
  client.socket.ws.on('CB:message', (node: BinaryNode) => copies.push(node));
  await world.fault('redeliver-incoming', { phone: OWN });
  const id = await world.write(ANN, OWN, 'once more');
  await waitUntil('two copies', () => copies.length >= 2);
  assert.deepEqual(copies[0], copies[1]);
  assert.equal(copies[0]?.attrs['id'], id);
  // Baileys by itself cannot know the repetition: it asks for a retry, and gets one.
  await waitUntil('it to be settled', async () => {
    return (await world.waiting()).unacknowledged === 0;
  });
});

test('a fault for one phone leaves others alone', async () => {
  const other = await world.link('447400000002');
  await world.fault('drop-connection', { phone: '447400000002' });
  await other.closed();
  const id = await client.sendText(ANN, 'untouched');
  await client.ackOf(id);
  assert.equal(client.closeCode, undefined);
});

test('an empty world knows nobody', async () => {
  assert.equal((await world.call('DELETE', '/simulator')).status, 204);
  assert.deepEqual((await world.call('GET', '/simulator/phones')).body, []);
  assert.equal(await client.closed(), 401);
  assert.equal(await world.connect(client.auth).closed(), 401);
});

/** The HTTP status with which a websocket is refused. */
function upgradeRefusal(): Promise<number | undefined> {
  const socket = new WebSocket(world.webSocketUrl);
  return new Promise((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
  });
}

function ping(timeoutMs = 4000): Promise<BinaryNode> {
  return ask('w:p', 'ping', timeoutMs);
}

function ask(xmlns: string, tag: string, timeoutMs: number): Promise<BinaryNode> {
  const attrs = { to: 's.whatsapp.net', type: 'get', xmlns };
  const content = [{ tag, attrs: {} }];
  return client.socket.query({ tag: 'iq', attrs, content }, timeoutMs);
}
