import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The way of a message, from an HTTP request to the screen of another phone and back as ticks.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
// Not the phone of the test account that every gateway greets its newcomer with.
const OWN = '447400000009';
const apiKey = await world.makeService({ link: OWN });

const BEHAVIOUR = { ackDelayMs: 0, deliverAfterMs: 50, readAfterMs: 200 };
const behave = (change: Record<string, number | null>) =>
  world.askSimulator('/simulator/behaviour', { ...BEHAVIOUR, ...change }, 'PUT');

/** Waits until a phone shows these texts, in this order. */
async function waitUntilShown(phone: string, texts: string[]): Promise<void> {
  await waitUntil(`${phone} to show ${texts.length} messages`, async () => {
    return (await world.shownBy(phone)).length >= texts.length;
  });
  const shown = await world.shownBy(phone);
  assert.deepEqual(
    shown.map((message) => message.text),
    texts,
  );
  for (const message of shown) assert.equal(message.wireCopies, 1);
}

test('every documented form of sendMsg reaches the phone, decrypted', async () => {
  const single = { phonenumber: '+44 7400 000010', message: 'text, سلام 👋' };
  const form = new FormData();
  for (const [name, value] of Object.entries(single)) form.append(name, value);
  const several = new FormData();
  several.append('phonenumber[]', '447400000010');
  several.append('phonenumber[]', '447400000011');
  several.append('message', 'to two');
  const json = { phonenumber: ['447400000010', '447400000011'], message: 'as JSON' };
  const requests: [string, RequestInit][] = [
    [`?${new URLSearchParams(single).toString()}`, {}],
    ['', { method: 'POST', body: form }],
    ['', { method: 'POST', body: new URLSearchParams(single) }],
    ['', { method: 'POST', body: several }],
    [
      '',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(json),
      },
    ],
  ];
  for (const [query, options] of requests) {
    const answer = await world.ask(`/sendMsg/${apiKey}${query}`, options);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.success, 'true');
  }
  await waitUntilShown('447400000010', [
    single.message,
    single.message,
    single.message,
    'to two',
    'as JSON',
  ]);
  await waitUntilShown('447400000011', ['to two', 'as JSON']);
});

async function tokensGiven(): Promise<number> {
  return Number((await world.askSimulator('/simulator/stats')).json['privacyTokensIn']);
}

test('a contact is given its privacy token once, not with every message', async () => {
  const before = await tokensGiven();
  for (const text of ['one', 'two', 'three']) {
    const id = await world.send(apiKey, '447400000065', text);
    await world.waitForStatus(apiKey, id, { status: 'OK' });
  }
  assert.equal(await tokensGiven(), before + 1);
});

test('the ticks climb one by one: server, phone, read', async () => {
  await behave({ deliverAfterMs: null, readAfterMs: null });
  const first = await world.send(apiKey, '447400000020', 'delivered never');
  await world.waitForStatus(apiKey, first, {
    status: 'OK',
    statusInfo: 'Message successfully sent',
    delivery: 'server',
  });
  await behave({ readAfterMs: null });
  const second = await world.send(apiKey, '447400000020', 'read never');
  await world.waitForStatus(apiKey, second, { delivery: 'phone' });
  await behave({});
  const third = await world.send(apiKey, '447400000020', 'read');
  await world.waitForStatus(apiKey, third, { delivery: 'read' });
});

test('receipts that come twice and in the wrong order never take a tick back', async () => {
  await world.askSimulator('/simulator/faults', { kind: 'reorder-receipts', phone: OWN, count: 5 });
  await world.askSimulator('/simulator/faults', {
    kind: 'duplicate-receipt',
    phone: OWN,
    count: 5,
  });
  const ids: number[] = [];
  for (let number = 0; number < 5; number += 1) {
    ids.push(await world.send(apiKey, '447400000030', `message ${number}`));
  }
  for (const id of ids) await world.waitForStatus(apiKey, id, { delivery: 'read' });
  await world.askSimulator('/simulator/faults', undefined, 'DELETE');
});

test('without WhatsApp’s ack a message is not called sent', async () => {
  await behave({ ackDelayMs: null, deliverAfterMs: null, readAfterMs: null });
  const id = await world.send(apiKey, '447400000040', 'never acked');
  await waitUntil('the phone to have it', async () => {
    return (await world.shownBy('447400000040')).length === 1;
  });
  const { json } = await world.ask(`/getStatus/${apiKey}?id=${id}`);
  assert.equal(json.status, 'In the send queue');
  assert.equal(json.delivery, '');
  await behave({});
});

test('a message WhatsApp refuses fails with the reason, and its neighbours go on', async () => {
  await world.send(apiKey, '447400000050', 'first contact');
  await waitUntilShown('447400000050', ['first contact']);
  await world.askSimulator('/simulator/faults', { kind: 'reject-message', phone: OWN, error: 463 });
  const refused = await world.send(apiKey, '447400000050', 'refused');
  await world.waitForStatus(apiKey, refused, {
    status: 'Failed',
    statusInfo: 'account_restricted',
    delivery: '',
  });
  const next = await world.send(apiKey, '447400000050', 'goes on');
  await world.waitForStatus(apiKey, next, { delivery: 'read' });
});

test('a number that is not on WhatsApp fails with that reason', async () => {
  const id = await world.send(apiKey, '447400000000', 'to nobody');
  await world.waitForStatus(apiKey, id, { status: 'Failed', statusInfo: 'not_on_whatsapp' });
  const nobody = await world.ask(`/isRegistered/${apiKey}?phonenumber=447400000000`);
  assert.deepEqual(nobody.json, { success: true, result: false });
  const somebody = await world.ask(`/isRegistered/${apiKey}?phonenumber=447400000010`);
  assert.deepEqual(somebody.json, { success: true, result: true });
});

test('one account’s messages keep their order, also to different people', async () => {
  const texts = Array.from({ length: 30 }, (_, index) => `in order ${index}`);
  for (const text of texts) {
    await world.send(apiKey, text.endsWith('7') ? '447400000061' : '447400000060', text);
  }
  await waitUntilShown(
    '447400000060',
    texts.filter((text) => !text.endsWith('7')),
  );
  await waitUntilShown(
    '447400000061',
    texts.filter((text) => text.endsWith('7')),
  );
});

test('a scheduled message waits for its time', async () => {
  const atSeconds = Math.ceil(Date.now() / 1000) + 2;
  const id = await world.send(apiKey, '447400000070', 'later', { schedule: `${atSeconds}` });
  const waiting = await world.ask(`/getStatus/${apiKey}?id=${id}`);
  assert.equal(waiting.json.status, 'Scheduled');
  await world.waitForStatus(apiKey, id, { status: 'OK' });
  const [shown] = (await world.askSimulator('/simulator/phones/447400000070/messages')).json;
  const lateMs = shown.at - atSeconds * 1000;
  assert.ok(lateMs >= 0 && lateMs < 1000, `shown ${lateMs} ms after its time`);
});

test('what was sent is listed, newest first', async () => {
  const { json } = await world.ask(`/sentMessages/${apiKey}?page=1&phonenumber=00001`);
  assert.equal(json.page, 'page 1 from 1');
  assert.deepEqual(
    json.data.map((row: { phonenumber: string; message: string }) => [
      row.phonenumber,
      row.message,
    ]),
    [
      ['447400000011', 'as JSON'],
      ['447400000010', 'as JSON'],
      ['447400000011', 'to two'],
      ['447400000010', 'to two'],
      ['447400000010', 'text, سلام 👋'],
      ['447400000010', 'text, سلام 👋'],
      ['447400000010', 'text, سلام 👋'],
    ],
  );
});

test('nothing of all this is in the log: no keys, no numbers, no texts', () => {
  const log = world.gateway.output.slice(world.gateway.output.indexOf('is ready at'));
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  assert.ok(lines.length > 10, 'the log is really there');
  const spoken = lines.join('\n');
  for (const secret of [
    apiKey,
    world.gateway.adminToken,
    '4474000',
    'goes on',
    'privKey',
    'rootKey',
  ]) {
    assert.ok(!spoken.includes(secret), `the log says ${secret}`);
  }
  assert.ok(!log.includes('SessionEntry') && !log.includes('Closing session'));
});
