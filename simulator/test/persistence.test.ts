import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { TestWorld } from './world.ts';
import { waitUntil } from './wait-until.ts';
import type { BinaryNode } from 'baileys';
import type { Client } from './client.ts';

const [OWN, ANN] = ['447400000001', '447500000001'];

let world: TestWorld;
let client: Client;
before(async () => {
  world = await TestWorld.startAlone();
  client = await world.link(OWN);
});
after(() => world.close());

test('what comes while the client is away waits for it, marked offline, in order', async () => {
  await world.behave({ deliverAfterMs: 250, readAfterMs: 250 });
  const id = await client.sendText(ANN, 'and then I leave');
  await client.ackOf(id);
  await client.end();
  const texts = ['one', 'two', 'three'];
  for (const text of texts) await world.write(ANN, OWN, text);
  await waitUntil('the receipts to wait too', async () => {
    return (await world.waiting()).unacknowledged === 6;
  });
  client = await world.connect(client.auth).opened();
  await waitUntil('all texts', () => client.texts.length === 3);
  assert.deepEqual(client.texts, texts);
  const received = client.messages.filter(({ message }) => !message.key.fromMe);
  assert.deepEqual(new Set(received.map(({ type }) => type)), new Set(['append']));
  await waitUntil('the receipts', () => client.receipts.length === 3);
  assert.ok(client.receipts.every(({ attrs }) => attrs['offline'] !== undefined));
  await waitUntil('all acknowledged', async () => {
    return (await world.waiting()).unacknowledged === 0;
  });
});

test('the world survives a kill: links, sessions, messages, receipts that were due', async () => {
  await world.behave({ deliverAfterMs: 300, readAfterMs: 2500 });
  const id = await client.sendText(ANN, 'just before the end');
  await client.ackOf(id);
  await world.killChild();
  await client.closed();
  await world.startChild();
  client = await world.connect(client.auth).opened();
  await waitUntil('the blue ticks', () =>
    client.receipts.some(({ attrs }) => attrs['id'] === id && attrs['type'] === 'read'),
  );
  const shown = (await world.shown(ANN)).filter((message) => message.id === id);
  assert.deepEqual(
    shown.map(({ text, wireCopies }) => [text, wireCopies]),
    [['just before the end', 1]],
  );
  const inSession = await world.write(ANN, OWN, 'in the old session');
  const kept = await waitUntil('it', () =>
    client.incoming.find(({ attrs }) => attrs['id'] === inSession),
  );
  const [enc] = kept.content as BinaryNode[];
  assert.equal(enc?.attrs['type'], 'msg', 'no new session was needed');
  await client.sendText(ANN, 'and in the same session');
  await waitUntil('it', async () =>
    (await world.shown(ANN)).some(({ text }) => text === 'and in the same session'),
  );
  await world.write(ANN, OWN, 'indeed');
  await waitUntil('the answer', () => client.texts.includes('indeed'));
  assert.equal(await world.stat('undecryptable'), 0);
  assert.equal(await world.stat('reusedRatchetCounters'), 0);
});

test('faults and behaviour survive a kill', async () => {
  await world.behave({ readAfterMs: null });
  await world.fault('swallow-ack', { count: 3 });
  await client.end();
  await world.killChild();
  await world.startChild();
  const { body } = await world.call('GET', '/simulator/behaviour');
  assert.equal(body['readAfterMs'], null);
  assert.equal(await world.stat('faultsPending'), 3);
});

test('a message that was never acked is asked for again by nobody, yet resent safely', async () => {
  await world.call('DELETE', '/simulator/faults');
  await world.behave({});
  client = await world.connect(client.auth).opened();
  await world.fault('swallow-ack');
  const id = await client.sendText(ANN, 'in doubt');
  await waitUntil('its arrival', async () =>
    (await world.shown(ANN)).some((message) => message.id === id),
  );
  await world.killChild();
  await client.closed();
  await world.startChild();
  client = await world.connect(client.auth).opened();
  await client.sendText(ANN, 'in doubt', id);
  await client.ackOf(id);
  const copies = (await world.shown(ANN)).filter((message) => message.id === id);
  assert.deepEqual(
    copies.map(({ wireCopies }) => wireCopies),
    [2],
  );
});
