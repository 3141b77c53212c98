import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Webhook as Verifier } from 'standardwebhooks';
import { rotateSecret } from '../../src/storage/webhooks/webhook-settings.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { API_KEY, WebhookWorld } from './webhook-world.ts';

// What is posted, in which order, and what becomes of it.

const world = await WebhookWorld.open();
after(() => world[Symbol.asyncDispose]());
const { sink } = world;
const webhooks = world.openWebhooks();
webhooks.start();
let places = 0;
const newPlace = (): string => `/place-${(places += 1)}`;

const bodiesAt = (path: string) => sink.at(path).map(({ body }) => body);

test('the documented bodies, to the byte', async () => {
  const path = newPlace();
  const service = await world.makeService(path);
  await world.tell(service, 542655);
  const received = {
    messageId: '169732',
    kind: 'chat',
    from: '15303776311',
    fromLid: '99',
    to: '15303776310',
    groupId: '',
    text: 'text',
    sentAtMs: 0,
    file: null,
  };
  await world.keepEvent(service, 'message.received', 'chat:99', received);
  await world.keepEvent(service, 'message.received', 'chat:99', {
    ...received,
    messageId: '169733',
    kind: 'file',
    from: null,
    groupId: '120363',
    file: { mimetype: 'image/png', fileName: 'a.png', bytes: 5 },
  });
  webhooks.wake([service]);
  await world.waitForStates(service, Array<string>(5).fill('delivered'));
  const bodies = bodiesAt(path);
  assert.deepEqual(
    bodies.filter((body) => body.includes('Delivery')),
    [1, 2, 3].map((tick) => `{"ID":"542655","Delivery":${tick}}`),
  );
  assert.deepEqual(
    bodies.filter((body) => !body.includes('Delivery')),
    [
      `{"ID":"169732","Type":"chat","Hash":"${API_KEY}","From":"15303776311","To":"15303776310","GroupId":"","Chat":"text"}`,
      `{"ID":"169733","Type":"file","Hash":"${API_KEY}","From":"99","To":"15303776310","GroupId":"120363","Chat":"text","mediaUrl":"https://gateway.example/media/169733","caption":"text"}`,
    ],
  );
  for (const { headers, body } of sink.at(path)) {
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['transfer-encoding'], undefined);
  }
});

test('the published library verifies every signature, also while a secret is changed', async () => {
  const path = newPlace();
  const service = await world.makeService(path);
  const before = await world.webhook(service);
  const oldSecret = world.secrets.open(service, before.secret_sealed);
  sink.answer({ status: 500 }, path);
  const [id] = await world.tell(service, 1, ['server']);
  webhooks.wake([service]);
  await waitUntil('an attempt', () => sink.at(path).length === 1);
  const sealed = world.secrets.issue(service);
  await rotateSecret(world.database, service, sealed, 86_400_000);
  webhooks.changed(service);
  sink.answer({ status: 200 }, path);
  await waitUntil('the next try to be planned', async () => {
    return (await world.states(service))[0]?.attempts === 1;
  });
  world.clock.advance(6000);
  await world.waitForStates(service, ['delivered']);
  const [first, second] = sink.at(path);
  assert.ok(first !== undefined && second !== undefined);
  const newSecret = world.secrets.open(service, sealed);
  for (const request of [first, second]) {
    assert.equal(request.headers['webhook-id'], `evt_${id}`);
    // The library allows five minutes, from the machine's own clock.
    new Verifier(oldSecret).verify(request.body, request.headers);
  }
  new Verifier(newSecret).verify(second.body, second.headers);
  assert.throws(() => new Verifier(newSecret).verify(first.body, first.headers));
  assert.throws(() => new Verifier(newSecret).verify(`${second.body} `, second.headers));
});

test('a message’s states come in order, each when the one before has arrived', async () => {
  const path = newPlace();
  const service = await world.makeService(path);
  let failures = 0;
  sink.answer(({ body }) => {
    const isRefused = body.includes('"7"') && failures < 1;
    if (isRefused) failures += 1;
    return { status: isRefused ? 503 : 200 };
  }, path);
  await world.tell(service, 7);
  for (let message = 8; message < 20; message += 1) await world.tell(service, message);
  webhooks.wake([service]);
  await waitUntil('all others', () => sink.at(path).length === 1 + 12 * 3);
  world.clock.advance(120_000);
  await world.waitForStates(service, Array<string>(13 * 3).fill('delivered'));
  const told = new Map<string, number[]>();
  for (const body of bodiesAt(path)) {
    const { ID, Delivery } = JSON.parse(body) as { ID: string; Delivery: number };
    told.set(ID, [...(told.get(ID) ?? []), Delivery]);
  }
  for (const [id, ticks] of told) {
    assert.deepEqual(ticks, id === '7' ? [1, 1, 2, 3] : [1, 2, 3], `message ${id}`);
  }
});

test('the versioned format has an envelope, and events that the documented one has not', async () => {
  const path = newPlace();
  const service = await world.makeService(path, 'versioned');
  const id = await world.keepEvent(service, 'session.connected', 'session', { phone: '1' });
  webhooks.wake([service]);
  await world.waitForStates(service, ['delivered']);
  const { createdAt, ...rest } = JSON.parse(bodiesAt(path)[0] ?? '') as Record<string, unknown>;
  assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(rest, {
    id: `evt_${id}`,
    type: 'session.connected',
    version: 1,
    service: 'k3v9x2a',
    data: { phone: '1' },
  });
});

test('an address changed between two tries is the one that is used', async () => {
  const [from, to] = [newPlace(), newPlace()];
  const service = await world.makeService(from);
  sink.answer({ status: 500 }, from);
  await world.tell(service, 1, ['server']);
  webhooks.wake([service]);
  await waitUntil('an attempt', async () => (await world.states(service))[0]?.attempts === 1);
  await world.setUrl(service, sink.url(to));
  webhooks.changed(service);
  await world.waitForStates(service, ['delivered']);
  assert.equal(sink.at(from).length, 1);
  assert.equal(sink.at(to).length, 1);
  assert.equal(sink.at(from)[0]?.headers['webhook-id'], sink.at(to)[0]?.headers['webhook-id']);
});

test('the key is not sent over plain http to somewhere else, nor where it is switched off', async () => {
  const received = {
    messageId: '1',
    kind: 'chat',
    from: '1',
    fromLid: null,
    to: '2',
    groupId: '',
    text: '',
    sentAtMs: 0,
    file: null,
  };
  const path = newPlace();
  const off = await world.makeService(path);
  await world.database.query
    .updateTable('webhooks')
    .set({ sends_key: false })
    .where('listener_id', '=', off)
    .execute();
  await world.keepEvent(off, 'message.received', 'chat:1', received);
  const elsewhere = world.sink.url(path).replace('127.0.0.1', '[::ffff:127.0.0.1]');
  const plain = await world.makeService(elsewhere);
  await world.keepEvent(plain, 'message.received', 'chat:1', received);
  webhooks.wake([off, plain]);
  await waitUntil('both', () => sink.at(path).length === 2);
  for (const body of bodiesAt(path)) assert.match(body, /"Hash":""/);
});

test('a service whose plan has no webhooks gets none', async () => {
  const path = newPlace();
  const service = await world.makeService(path);
  await world.database.query
    .updateTable('services')
    .set({ plan_id: 3 })
    .where('id', '=', service)
    .execute();
  await world.tell(service, 1, ['server']);
  const other = await world.makeService(newPlace());
  await world.tell(other, 1, ['server']);
  webhooks.wake([service, other]);
  await world.waitForStates(other, ['delivered']);
  await world.waitForStates(service, ['pending']);
  assert.equal(sink.at(path).length, 0);
});
