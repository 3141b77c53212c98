import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';

const PLACE = { message: 'Location', lat: '38.909346', long: '-77.030509' };
const PHONE = '15551234567';

let http: HttpOnly;
let service: TestService;

before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

const path = (): string => `/sendLocation/${service.apiKey}`;

/** The newest kept messages, newest last. */
async function keptMessages(count: number) {
  const rows = await http.database.query
    .selectFrom('messages')
    .select(['id', 'chat', 'text', 'latitude', 'longitude'])
    .orderBy('id', 'desc')
    .limit(count)
    .execute();
  return rows.reverse();
}

const FORMS: Record<string, (entries: Record<string, string>) => Promise<HttpAnswer>> = {
  GET: (entries) => http.ask(`${path()}?${new URLSearchParams(entries).toString()}`),
  multipart: (entries) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(entries)) body.append(name, value);
    return http.ask(path(), { method: 'POST', body });
  },
  urlencoded: (entries) => http.ask(path(), { method: 'POST', body: new URLSearchParams(entries) }),
  JSON: (entries) => http.post(path(), entries),
};

for (const [name, send] of Object.entries(FORMS)) {
  test(`one number: ${name}`, async () => {
    const answer = await send({ phonenumber: PHONE, ...PLACE });
    const [kept] = await keptMessages(1);
    assert.equal(
      answer.text,
      `{"success":"true","message":"Added to the message queue","messageId":${kept?.id}}`,
    );
    assert.deepEqual(kept, {
      id: kept?.id,
      chat: PHONE,
      text: 'Location',
      latitude: 38.909346,
      longitude: -77.030509,
    });
  });
}

test('several numbers, and degrees as JSON numbers', async () => {
  const answer = await http.post(path(), {
    phonenumber: ['15303776310', '15303776311'],
    message: 'Location',
    lat: 0,
    long: -180,
  });
  const [first, second] = await keptMessages(2);
  assert.equal(
    answer.text,
    `{"0":{"phonenumber":"15303776310","messageId":${first?.id}},` +
      `"1":{"phonenumber":"15303776311","messageId":${second?.id}},` +
      `"success":"true","messages":"Added to the message queue"}`,
  );
  assert.deepEqual([second?.latitude, second?.longitude], [0, -180]);
});

test('a place without a name', async () => {
  const answer = await http.post(path(), { ...PLACE, message: '', phonenumber: PHONE });
  assert.equal(answer.status, 200);
  assert.equal((await keptMessages(1))[0]?.text, '');
});

describe('refused, and nothing is queued', () => {
  const refusals: Record<string, readonly [Record<string, unknown>, string]> = {
    'no latitude': [{ lat: '' }, 'missing_parameter'],
    'no longitude': [{ long: null }, 'missing_parameter'],
    'a latitude of the far north': [{ lat: '90.01' }, 'invalid_parameter'],
    'a longitude beyond the date line': [{ long: '-180.5' }, 'invalid_parameter'],
    'degrees in words': [{ lat: 'here' }, 'invalid_parameter'],
    'degrees without end': [{ lat: 'Infinity' }, 'invalid_parameter'],
    'two latitudes': [{ lat: ['1', '2'] }, 'invalid_parameter'],
    'no number': [{ phonenumber: null }, 'missing_parameter'],
    'a bad number': [{ phonenumber: 'x' }, 'invalid_phone_number'],
  };
  for (const [name, [change, code]] of Object.entries(refusals)) {
    test(name, async () => {
      const before = await http.countMessages();
      const answer = await http.post(path(), { phonenumber: PHONE, ...PLACE, ...change });
      assert.equal(answer.status, 400);
      const { success, code: answered } = answer.json as Record<string, unknown>;
      assert.deepEqual([success, answered], ['false', code]);
      assert.equal(await http.countMessages(), before);
    });
  }
});
