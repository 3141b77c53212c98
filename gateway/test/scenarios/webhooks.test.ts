import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WebhookSink } from '../harness/webhook-sink.ts';

// What happens to a service reaches its owner’s endpoint, whatever dies in between.

const world = await TestWorld.start({ TICKWIRE_ALLOW_PRIVATE_URLS: 'on' });
after(() => world[Symbol.asyncDispose]());
const sink = await WebhookSink.open();
after(() => sink[Symbol.asyncDispose]());
const OWN = '447400000701';
const ANN = '447400000702';
const apiKey = await world.makeService({ link: OWN });

const set = async (path: string, more = '') => {
  const url = encodeURIComponent(sink.url(path));
  const answer = await world.ask(`/webhook/set/${apiKey}?url=${url}${more}`);
  assert.equal(answer.status, 200, answer.text);
};

const bodiesAt = (path: string) => sink.at(path).map(({ body }) => body);

test('ticks and incoming messages are posted as documented, signed', async () => {
  await set('/documented');
  assert.equal(
    (await world.ask(`/serviceSettings/${apiKey}`)).json.webhook,
    sink.url('/documented'),
  );
  const id = await world.send(apiKey, ANN, 'hello');
  await waitUntil('three ticks', () => sink.at('/documented').length === 3);
  assert.deepEqual(
    bodiesAt('/documented'),
    [1, 2, 3].map((tick) => `{"ID":"${id}","Delivery":${tick}}`),
  );
  await world.askSimulator(`/simulator/phones/${ANN}/messages`, { to: OWN, text: 'سلام 👋' });
  await waitUntil('the message', () => sink.at('/documented').length === 4);
  const [row] = (await world.ask(`/receivedMessages/${apiKey}`)).json.data;
  assert.equal(
    bodiesAt('/documented')[3],
    `{"ID":"${row.id}","Type":"chat","Hash":"${apiKey}","From":"${ANN}","To":"${OWN}","GroupId":"","Chat":"سلام 👋"}`,
  );
  const { secret } = (await world.ask(`/webhook/secret/${apiKey}`)).json;
  for (const { body, headers } of sink.at('/documented'))
    new Verifier(secret).verify(body, headers);
});

test('a received file has a link that leads to it', async () => {
  await set('/file');
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  await world.askSimulator(`/simulator/phones/${ANN}/messages`, {
    to: OWN,
    media: { base64: png, mimetype: 'image/png' },
    text: 'look',
  });
  const [request] = await waitUntil('the file', () => {
    return sink.at('/file').length > 0 ? sink.at('/file') : null;
  });
  const body = JSON.parse(request?.body ?? '');
  assert.equal(body.Type, 'file');
  assert.equal(body.caption, 'look');
  await waitUntil('the file to be here', async () => (await fetch(body.mediaUrl)).status === 200);
});

test('what the endpoint took before a kill -9 may come again; nothing is missing', async () => {
  await set('/killed');
  sink.answer('hang', '/killed');
  const id = await world.send(apiKey, ANN, 'before the kill');
  await waitUntil('an attempt', () => sink.at('/killed').length === 1);
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  await world.gateway.kill();
  sink.answer({ status: 200 }, '/killed');
  await world.startGateway();
  await waitUntil('all ticks', () => sink.at('/killed').length === 4, 40_000);
  assert.deepEqual(
    bodiesAt('/killed').map((body) => JSON.parse(body).Delivery),
    [1, 1, 2, 3],
  );
  const [first, again] = sink.at('/killed');
  assert.equal(first?.headers['webhook-id'], again?.headers['webhook-id']);
});

test('versioned events tell of the session, of failures, and the owner’s own reference', async () => {
  // The gateway was just started: that the account is connected again is no news of this test.
  const before = await world.send(apiKey, ANN, 'connected again');
  await world.waitForStatus(apiKey, before, { delivery: 'read' });
  await set('/versioned', '&format=versioned');
  const id = await world.send(apiKey, ANN, 'hello', { metadata: 'order 7' });
  await waitUntil('three ticks', () => sink.at('/versioned').length === 3);
  const events = bodiesAt('/versioned').map((body) => JSON.parse(body));
  for (const [index, status] of ['server', 'phone', 'read'].entries()) {
    const { type, data } = events[index];
    assert.equal(type, 'message.status');
    assert.equal(data.status, status);
    assert.equal(data.messageId, String(id));
    assert.equal(data.metadata, 'order 7');
  }
  await world.askSimulator(`/simulator/phones/${ANN}/messages`, { to: OWN, text: 'hi' });
  await waitUntil('the message', () => sink.at('/versioned').length === 4);
  const { type, data } = JSON.parse(bodiesAt('/versioned')[3] ?? '');
  assert.equal(type, 'message.received');
  assert.equal(data.from, ANN);
  assert.match(data.fromLid, /^\d+$/);
  await world.gateway.stop();
  await world.startGateway();
  await waitUntil('the session to come back', () =>
    bodiesAt('/versioned').some((body) => body.includes('"session.connected"')),
  );
});

test('removed: nothing is posted any more', async () => {
  await set('/removed');
  const removed = await world.ask(`/webhook/remove/${apiKey}`);
  assert.equal(removed.status, 201);
  const id = await world.send(apiKey, ANN, 'nobody hears of this');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  assert.equal((await world.ask(`/webhook/pending/${apiKey}`)).json.pendingCount, 0);
  assert.equal(sink.at('/removed').length, 0);
});
