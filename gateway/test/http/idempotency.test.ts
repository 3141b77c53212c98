import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { systemClock } from '../../src/runtime/clock.ts';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';

let http: HttpOnly;
let service: TestService;
let aheadMs = 0;
const clock = { ...systemClock, now: () => Date.now() + aheadMs };
before(async () => {
  http = await HttpOnly.start({ clock });
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());
beforeEach(async () => {
  aheadMs = 0;
  await http.database.query.deleteFrom('messages').execute();
  await http.database.query.deleteFrom('media').execute();
});

const CALL = { phonenumber: '447400733413', message: 'once' };
const path = (endpoint = 'sendMsg'): string => `/${endpoint}/${service.apiKey}`;
const send = (body: object, key: string, endpoint?: string): Promise<HttpAnswer> =>
  http.post(path(endpoint), body, { 'idempotency-key': key });

const spooled = (): number =>
  readdirSync(join(http.dataDir, 'media'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  ).length;

const countMedia = async (): Promise<number> =>
  (await http.database.query.selectFrom('media').select('id').execute()).length;

function assertReplayOf(first: HttpAnswer, again: HttpAnswer): void {
  assert.equal(first.status, 200, first.text);
  assert.equal(again.status, 200, again.text);
  assert.equal(again.text, first.text);
  assert.equal(first.headers.get('idempotent-replayed'), null);
  assert.equal(again.headers.get('idempotent-replayed'), 'true');
}

function assertConflict(answer: HttpAnswer): void {
  assert.equal(answer.status, 409, answer.text);
  assert.equal((answer.json as { code: string }).code, 'idempotency_conflict');
}

test('the same call under the same key is one message and one answer, however it comes', async () => {
  const key = randomUUID();
  const first = await send(CALL, key);
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...CALL, idempotencyKey: key })) {
    form.set(name, value);
  }
  const query = new URLSearchParams({
    ...CALL,
    phonenumber: '+44 7400 733413',
    idempotencyKey: key,
  });
  const urlencoded = new URLSearchParams({ 'phonenumber[]': CALL.phonenumber, message: 'once' });
  const others = [
    await send(CALL, key),
    await http.ask(path(), { method: 'POST', body: form }),
    await http.ask(`${path()}?${query.toString()}`),
    await http.ask(path(), {
      method: 'POST',
      body: urlencoded,
      headers: { 'idempotency-key': key },
    }),
    await send({ ...CALL, urgent: 'off', schedule: null, metadata: '', link: ' ' }, key),
  ];
  for (const again of others) assertReplayOf(first, again);
  assert.equal(await http.countMessages(), 1);
});

test('several recipients are answered again as they were written', async () => {
  const key = randomUUID();
  const call = { phonenumber: ['+44 (7400) 733-413', '۴۴۷۴۰۰۷۳۳۴۱۴'], message: 'many' };
  const first = await send(call, key);
  assert.match(first.text, /^\{"0":\{"phonenumber":"\+44 \(7400\) 733-413"/);
  assertReplayOf(first, await send(call, key));
  assertReplayOf(
    first,
    await send({ ...call, phonenumber: ['447400733413', '447400733414'] }, key),
  );
  assert.equal(await http.countMessages(), 2);
});

test('groups and locations, too', async () => {
  const calls = {
    sendGroup: { groupId: '120363292564959780', message: 'x' },
    sendLocation: { phonenumber: '447400733413', lat: '38.9', long: '-77.03' },
  };
  for (const [endpoint, call] of Object.entries(calls)) {
    const key = randomUUID();
    const first = await send(call, key, endpoint);
    assertReplayOf(first, await send(call, key, endpoint));
  }
  assert.equal(await http.countMessages(), 2);
});

describe('anything else under the same key is refused, and nothing is sent:', () => {
  const CHANGES: Record<string, object> = {
    text: { message: 'twice' },
    recipient: { phonenumber: '447400733414' },
    'one recipient more': { phonenumber: ['447400733413', '447400733414'] },
    schedule: { schedule: '4102444800' },
    expiry: { validity: 60 },
    urgency: { urgent: 'on' },
    reference: { metadata: 'order 2' },
    'a link': { link: 'https://example.com/a.jpg' },
    'a file': { base64_file: randomBytes(100).toString('base64') },
  };
  for (const [name, change] of Object.entries(CHANGES)) {
    test(name, async () => {
      const key = randomUUID();
      await send(CALL, key);
      assertConflict(await send({ ...CALL, ...change }, key));
      assert.equal(await http.countMessages(), 1);
      assert.equal(await countMedia(), 0);
    });
  }

  test('another endpoint, another place', async () => {
    const key = randomUUID();
    const place = { phonenumber: '447400733413', lat: '38.9', long: '-77.03', message: 'once' };
    await send(CALL, key);
    assertConflict(await send(place, key, 'sendLocation'));
    const other = randomUUID();
    await send(place, other, 'sendLocation');
    assertConflict(await send({ ...place, lat: '38.8' }, other, 'sendLocation'));
  });
});

const upload = (content: Buffer, key: string): Promise<HttpAnswer> => {
  const body = new FormData();
  body.set('phonenumber', '447400733413');
  body.set('file', new Blob([new Uint8Array(content)], { type: 'image/jpeg' }), 'a.jpg');
  return http.ask(path(), { method: 'POST', body, headers: { 'idempotency-key': key } });
};

describe('a file under a key', () => {
  const bytes = Buffer.concat([Buffer.from('ffd8ffe000104a46494600', 'hex'), randomBytes(2000)]);
  test('is kept once, also as Base64; other bytes are refused; no file is left behind', async () => {
    const key = randomUUID();
    const first = await upload(bytes, key);
    const before = spooled();
    assertReplayOf(first, await upload(bytes, key));
    const base64 = { phonenumber: '447400733413', base64_file: bytes.toString('base64') };
    assertReplayOf(first, await send(base64, key));
    assertConflict(await upload(Buffer.concat([bytes, Buffer.from('x')]), key));
    assert.equal(spooled(), before);
    assert.equal(await countMedia(), 1);
    assert.equal(await http.countMessages(), 1);
  });

  test('eight at once leave one file', async () => {
    const before = spooled();
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => upload(bytes, key)));
    assert.equal(new Set(answers.map((answer) => answer.text)).size, 1);
    assert.equal(spooled(), before + 1);
    assert.equal(await countMedia(), 1);
    assert.equal(await http.countMessages(), 1);
  });
});

test('a refused call is not remembered', async () => {
  const key = randomUUID();
  const refused = await send({ ...CALL, phonenumber: '12' }, key);
  assert.equal(refused.status, 400);
  const accepted = await send(CALL, key);
  assert.equal(accepted.status, 200, accepted.text);
  assert.equal(accepted.headers.get('idempotent-replayed'), null);
});

test('what would be refused by now is still answered as the first time', async () => {
  const key = randomUUID();
  const atSeconds = Math.floor(Date.now() / 1000);
  const call = { ...CALL, schedule: atSeconds + 3600, expiresAt: atSeconds + 7200 };
  const first = await send(call, key);
  aheadMs = 24 * 60 * 60 * 1000;
  assert.equal((await send(call, randomUUID())).status, 400);
  assertReplayOf(first, await send(call, key));
});

test('keys are a service’s own, and free again after seven days', async () => {
  const key = randomUUID();
  const first = await send(CALL, key);
  const other = await http.openService();
  const foreign = await http.post(`/sendMsg/${other.apiKey}`, CALL, { 'idempotency-key': key });
  assert.equal(foreign.headers.get('idempotent-replayed'), null);
  assert.notEqual(foreign.text, first.text);
  await http.database.pool.query(
    `UPDATE idempotency_keys SET used_at = used_at - interval '7 days' WHERE key = $1`,
    [key],
  );
  const late = await send({ ...CALL, message: 'another' }, key);
  assert.equal(late.status, 200, late.text);
  assertReplayOf(late, await send({ ...CALL, message: 'another' }, key));
});

test('a key has 1 to 255 characters; a blank one is none', async () => {
  assert.equal((await send(CALL, 'k'.repeat(255))).status, 200);
  assert.equal((await send(CALL, 'k'.repeat(256))).status, 400);
  assert.equal(await http.countMessages(), 1);
  for (let call = 0; call < 2; call += 1) await http.post(path(), { ...CALL, idempotencyKey: ' ' });
  assert.equal(await http.countMessages(), 3);
});
