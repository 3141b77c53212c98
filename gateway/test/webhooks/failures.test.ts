import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { makeSelfSignedCertificate } from '../../../simulator/src/media/self-signed-certificate.ts';
import { resendPending } from '../../src/storage/webhooks/webhook-settings.ts';
import { POST_LIMITS } from '../../src/webhooks/post-event.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { WebhookSink, type SinkMode } from '../harness/webhook-sink.ts';
import { WebhookWorld } from './webhook-world.ts';

// Endpoints that misbehave, each in its own way.

const HOUR_MS = 3_600_000;
const world = await WebhookWorld.open();
after(() => world[Symbol.asyncDispose]());
const { sink } = world;
const limits = { ...POST_LIMITS, firstByteMsMax: 1000, totalMsMax: 1500 };
const webhooks = world.openWebhooks({ limits });
webhooks.start();
let places = 0;
const newPlace = (): string => `/place-${(places += 1)}`;

/** The service's first attempt, as it was written down. */
async function firstAttempt(service: Awaited<ReturnType<typeof world.makeService>>) {
  return await waitUntil('an attempt', () =>
    world.database.query
      .selectFrom('webhook_attempts')
      .selectAll()
      .where('listener_id', '=', service)
      .orderBy('id')
      .executeTakeFirst(),
  );
}

const INSIDE = 'http://169.254.169.254/latest';
const MODES: [name: string, mode: SinkMode, status: number | null, failure: string | null][] = [
  ['any 2xx is a success', { status: 299 }, 299, null],
  ['500', { status: 500, body: 'broken' }, 500, 'status'],
  ['a redirect is not followed', { status: 302, headers: { location: INSIDE } }, 302, 'redirect'],
  ['hangs', 'hang', null, 'timeout'],
  ['cuts the connection', 'reset', null, 'connection'],
  ['a body that never ends, after a 200', 'slow body', 200, null],
  [
    'says that it never wants it',
    { status: 400, headers: { 'webhook-delivery': 'abort-message' } },
    400,
    'refused_by_endpoint',
  ],
];

describe('an answer of the endpoint, and what is written down', () => {
  for (const [name, mode, status, failure] of MODES) {
    test(name, async () => {
      const path = newPlace();
      sink.answer(mode, path);
      const service = await world.makeService(path);
      await world.tell(service, 1, ['server']);
      webhooks.wake([service]);
      const attempt = await firstAttempt(service);
      assert.equal(attempt.status, status);
      assert.equal(attempt.failure, failure);
      const expected =
        failure === null ? 'delivered' : failure === 'refused_by_endpoint' ? 'dropped' : 'pending';
      await world.waitForStates(service, [expected]);
      if (typeof mode === 'object' && mode.body !== undefined)
        assert.equal(attempt.answer, mode.body);
    });
  }

  test('an answer without end is read for 4 KB and counts', async () => {
    const path = newPlace();
    sink.answer('huge answer', path);
    const service = await world.makeService(path);
    await world.tell(service, 1, ['server']);
    webhooks.wake([service]);
    const attempt = await firstAttempt(service);
    assert.equal(attempt.status, 200);
    assert.equal(attempt.answer, 'x'.repeat(500));
    assert.ok(sink.hugeBytesSent < 16 * 1024 * 1024, `${sink.hugeBytesSent} bytes were taken`);
  });
});

test('429 with Retry-After: not before the time asked for', async () => {
  const path = newPlace();
  sink.answer({ status: 429, headers: { 'retry-after': '45' } }, path);
  const service = await world.makeService(path);
  const beganMs = world.clock.now();
  await world.tell(service, 1, ['server']);
  webhooks.wake([service]);
  await firstAttempt(service);
  const [row] = await world.database.query
    .selectFrom('webhook_deliveries')
    .select('next_at')
    .where('listener_id', '=', service)
    .execute();
  const waitMs = (row?.next_at.getTime() ?? 0) - beganMs;
  assert.ok(waitMs >= 45_000 && waitMs < 60_000, `${waitMs} ms`);
});

test('410 disables at once; the event that says so comes when it is opened again', async () => {
  const path = newPlace();
  sink.answer({ status: 410 }, path);
  const service = await world.makeService(path, 'versioned');
  await world.tell(service, 1);
  webhooks.wake([service]);
  await waitUntil(
    'it to be disabled',
    async () => (await world.webhook(service)).mode === 'disabled',
  );
  assert.equal((await world.webhook(service)).disabled_because, 'gone');
  sink.answer({ status: 200 }, path);
  world.clock.advance(HOUR_MS);
  const before = sink.at(path).length;
  await world.setUrl(service, sink.url(path), 'versioned');
  webhooks.changed(service);
  await world.waitForStates(service, Array<string>(4).fill('delivered'));
  assert.equal(before, 1, 'nothing was posted to it meanwhile');
  const types = sink.at(path).map(({ body }) => (JSON.parse(body) as { type: string }).type);
  assert.ok(types.includes('webhook.disabled'));
});

test('five failures: it rests, what waits keeps its attempts, and all goes in order when it is back', async () => {
  const path = newPlace();
  sink.answer({ status: 500 }, path);
  const service = await world.makeService(path);
  for (let message = 1; message <= 30; message += 1) await world.tell(service, message, ['server']);
  webhooks.wake([service]);
  await waitUntil('it to rest', async () => (await world.webhook(service)).mode === 'resting');
  const attempts = (await world.states(service)).map((delivery) => delivery.attempts);
  assert.ok(attempts.reduce((sum, count) => sum + count, 0) <= 8, attempts.join());
  assert.ok(attempts.slice(10).every((count) => count === 0));
  const failed = sink.at(path).length;
  sink.answer({ status: 200 }, path);
  await waitUntil(
    'everything to arrive',
    async () => {
      // A clock that moves while a post is under way may time it out: then it rests for longer.
      const isResting = (await world.webhook(service)).mode === 'resting';
      world.clock.advance(isResting ? HOUR_MS : 1000);
      return (await world.states(service)).every(({ state }) => state === 'delivered');
    },
    20_000,
  );
  const order = sink
    .at(path)
    .slice(failed)
    .map(({ body }) => Number((JSON.parse(body) as { ID: string }).ID));
  assert.equal(new Set(order).size, 30);
  assert.equal((await world.webhook(service)).failures, 0);
});

test('queued by a clock that was a month back: it has its seven days all the same', async () => {
  const path = newPlace();
  sink.answer({ status: 500 }, path);
  const service = await world.makeService(path);
  await world.tell(service, 1, ['server']);
  await world.database.query
    .updateTable('webhook_deliveries')
    .set({ queued_at: new Date(world.clock.now() - 720 * HOUR_MS) })
    .where('listener_id', '=', service)
    .execute();
  webhooks.wake([service]);
  await firstAttempt(service);
  assert.equal((await world.states(service))[0]?.state, 'pending');
  world.clock.advance(10_000);
  await waitUntil('another attempt', async () => (await world.states(service))[0]?.attempts === 2);
  assert.equal((await world.states(service))[0]?.state, 'pending');
  sink.answer({ status: 200 }, path);
  world.clock.advance(HOUR_MS);
  await world.waitForStates(service, ['delivered']);
});

test('resend: what was not delivered is tried again from the beginning, once in ten seconds', async () => {
  const path = newPlace();
  sink.answer({ status: 500 }, path);
  const service = await world.makeService(path);
  for (let message = 1; message <= 6; message += 1) await world.tell(service, message, ['server']);
  webhooks.wake([service]);
  await waitUntil('it to rest', async () => (await world.webhook(service)).mode === 'resting');
  sink.answer({ status: 200 }, path);
  assert.equal(await resendPending(world.database, service, 10_000), 6);
  assert.equal(await resendPending(world.database, service, 10_000), null);
  webhooks.changed(service);
  await world.waitForStates(service, Array<string>(6).fill('delivered'));
  assert.equal(await resendPending(world.database, service, 0), 0);
});

test('a name that leads inside by now is not connected to', async () => {
  const strict = world.openWebhooks({
    allowPrivateUrls: false,
    resolve: () => Promise.resolve(['127.0.0.1']),
  });
  // As it is written, nothing is wrong with it.
  const service = await world.makeService('http://rebind.example:8080/');
  const result = await strict.test(service);
  assert.equal(result?.failure, 'address_not_allowed');
  assert.equal(result.status, null);
});

test('a name that leads to a private address between two attempts', async () => {
  // At first nobody knows it: no test connects to an address that is not this machine's.
  const answers = [() => Promise.reject(nameNotFound()), () => Promise.resolve(['127.0.0.1'])];
  const strict = world.openWebhooks({
    allowPrivateUrls: false,
    resolve: () => answers.shift()?.() ?? Promise.resolve([]),
  });
  const service = await world.makeService('http://rebind.example:8080/');
  assert.equal((await strict.test(service))?.failure, 'name_not_found');
  assert.equal((await strict.test(service))?.failure, 'address_not_allowed');
  assert.equal(answers.length, 0, 'the name was asked for at each attempt');
});

function nameNotFound(): Error {
  return Object.assign(new Error('there is no such name'), { code: 'ENOTFOUND' });
}

test('a certificate that nobody vouches for is not trusted', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await using secure = await WebhookSink.open({
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: makeSelfSignedCertificate(privateKey, '127.0.0.1'),
  });
  const service = await world.makeService(secure.url('/'));
  const result = await webhooks.test(service);
  assert.equal(result?.failure, 'tls');
  assert.equal(secure.requests.length, 0);
});
