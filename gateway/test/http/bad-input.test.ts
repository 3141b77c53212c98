import assert from 'node:assert/strict';
import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';

let http: HttpOnly;
let service: TestService;

before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

const path = (): string => `/sendMsg/${service.apiKey}`;
const GOOD = { phonenumber: '447400733413', message: 'hello' };
const GOOD_QUERY = '?phonenumber=447400733413&message=hello';

/** Asserts an error of the `success` family that echoes no key, and that nothing was queued. */
async function assertRefused(answer: HttpAnswer, status: number, code: string): Promise<void> {
  assert.equal(answer.status, status, answer.text);
  const body = answer.json as Record<string, unknown>;
  assert.deepEqual(Object.keys(body), ['success', 'message', 'code']);
  assert.equal(body['success'], 'false');
  assert.equal(body['code'], code);
  assert.ok(String(body['message']).length > 10);
  assert.ok(!answer.text.includes(service.apiKey), 'the key is echoed');
  assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.equal(await http.countMessages(), 0);
}

describe('sendMsg refuses, queues nothing, echoes nothing secret', () => {
  const unknownKeys: Record<string, string> = {
    'a well-formed key': 'k3v9x2a-p0q8d7m-k3v9x2a-p0q8d7m-k3v9x2a',
    'a short key': 'x',
    'a key of 10 KB': 'a'.repeat(10_000),
    'a zero character': 'a%00b',
    'a key beyond ASCII': encodeURIComponent('ключ-🔑'),
    'a key with SQL in it': encodeURIComponent(`' OR 1=1 --`),
  };
  for (const [name, key] of Object.entries(unknownKeys)) {
    test(`unknown key: ${name}`, async () => {
      const answer = await http.ask(`/sendMsg/${key}${GOOD_QUERY}`);
      await assertRefused(answer, 401, 'invalid_api_key');
      assert.equal((answer.json as { message: string }).message, 'This API key is not known.');
    });
  }

  const badParameters: Record<string, readonly [unknown, string]> = {
    'no number': [{ message: 'hello' }, 'missing_parameter'],
    'an empty number': [{ ...GOOD, phonenumber: '' }, 'missing_parameter'],
    'an empty list': [{ ...GOOD, phonenumber: [] }, 'missing_parameter'],
    letters: [{ ...GOOD, phonenumber: 'call me' }, 'invalid_phone_number'],
    'forty digits': [{ ...GOOD, phonenumber: '4'.repeat(40) }, 'invalid_phone_number'],
    'a group': [{ ...GOOD, phonenumber: '120363292564959780@g.us' }, 'invalid_phone_number'],
    'the status broadcast': [{ ...GOOD, phonenumber: 'status@broadcast' }, 'invalid_phone_number'],
    'an impossible number': [{ ...GOOD, phonenumber: '4474007334' }, 'invalid_phone_number'],
    '1,001 recipients': [
      { ...GOOD, phonenumber: Array.from({ length: 1001 }, () => '447400733413') },
      'too_many_recipients',
    ],
    'no message': [{ phonenumber: '447400733413' }, 'empty_message'],
    'a blank message': [{ ...GOOD, message: ' \n ' }, 'empty_message'],
    'two messages': [{ ...GOOD, message: ['a', 'b'] }, 'invalid_parameter'],
    'a message that is an object': [{ ...GOOD, message: { url: 'x' } }, 'invalid_parameter'],
    'a message that is a list of lists': [{ ...GOOD, message: [['x']] }, 'invalid_parameter'],
    'a number beyond precision': [
      '{"phonenumber":120363292564959780123,"message":"x"}',
      'invalid_parameter',
    ],
    'a number beyond all numbers': ['{"phonenumber":1e400,"message":"x"}', 'invalid_parameter'],
    'a zero character': [{ ...GOOD, message: 'a\0b' }, 'invalid_parameter'],
    'a long message': [{ ...GOOD, message: 'é'.repeat(32_769) }, 'message_too_long'],
    'a schedule in words': [{ ...GOOD, schedule: 'tomorrow' }, 'invalid_schedule'],
    'a schedule in two years': [
      { ...GOOD, schedule: Math.floor(Date.now() / 1000) + 2 * 366 * 86_400 },
      'invalid_schedule',
    ],
    'a prototype': ['{"__proto__":{"message":"x"},"phonenumber":"1"}', 'invalid_parameter'],
    'a list for a body': [[GOOD], 'malformed_body'],
    'a text for a body': ['"hello"', 'malformed_body'],
    'null for a body': ['null', 'malformed_body'],
    'broken JSON': ['{"phonenumber":"447400733413",', 'malformed_body'],
    'deep JSON': [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'malformed_body'],
  };
  for (const [name, [body, code]] of Object.entries(badParameters)) {
    test(name, async () => {
      await assertRefused(await http.post(path(), body), 400, code);
    });
  }

  test('one bad number of several: nothing is queued, each bad one is named', async () => {
    const phonenumber = ['447400733413', 'x', '447400733414', '12'];
    const answer = await http.post(path(), { ...GOOD, phonenumber });
    await assertRefused(answer, 400, 'invalid_phone_number');
    const { message } = answer.json as { message: string };
    assert.match(message, /\[1\].*\[3\]/);
    assert.doesNotMatch(message, /\[0\]|\[2\]/);
  });

  test('nothing of a prototype is changed', async () => {
    await http.ask(`${path()}?__proto__[polluted]=1&constructor[prototype][polluted]=1`);
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});

const send = (type: string, body: string, headers: Record<string, string> = {}) =>
  http.ask(path(), { method: 'POST', headers: { 'content-type': type, ...headers }, body });

describe('bodies that can not be read', () => {
  for (const type of ['text/plain', 'application/xml', 'nonsense', 'application/octet-stream']) {
    test(`content type ${type}`, async () => {
      const answer = await send(type, 'phonenumber=447400733413&message=hello');
      await assertRefused(answer, 415, 'unsupported_content_type');
    });
  }

  test('a compressed body', async () => {
    const answer = await send('application/json', 'x', { 'content-encoding': 'gzip' });
    await assertRefused(answer, 415, 'unsupported_content_type');
  });

  for (const [name, type, body] of [
    ['JSON', 'application/json', JSON.stringify({ ...GOOD, more: 'x'.repeat(2_000_000) })],
    ['form', 'application/x-www-form-urlencoded', `message=${'x'.repeat(2_000_000)}`],
  ] as const) {
    test(`an oversized ${name} body`, async () => {
      await assertRefused(await send(type, body), 413, 'body_too_large');
    });
  }

  test('an oversized multipart field', async () => {
    const body = new FormData();
    body.set('phonenumber', '447400733413');
    body.set('message', 'x'.repeat(2_000_000));
    const answer = await http.ask(path(), { method: 'POST', body });
    await assertRefused(answer, 413, 'body_too_large');
  });

  test('2,000 multipart fields', async () => {
    const body = new FormData();
    for (let index = 0; index < 2000; index += 1) body.append('phonenumber[]', '447400733413');
    const answer = await http.ask(path(), { method: 'POST', body });
    await assertRefused(answer, 413, 'body_too_large');
  });

  test('multipart that breaks off, and multipart without a boundary', async () => {
    const part = '--edge\r\ncontent-disposition: form-data; name="message"\r\n\r\nhel';
    const broken = await send('multipart/form-data; boundary=edge', part);
    await assertRefused(broken, 400, 'malformed_body');
    const unbounded = await send('multipart/form-data', part);
    await assertRefused(unbounded, 400, 'malformed_body');
  });
});

describe('methods', () => {
  for (const method of ['HEAD', 'PUT', 'PATCH', 'DELETE']) {
    test(`${method} does not act`, async () => {
      const answer = await http.ask(path() + GOOD_QUERY, { method });
      assert.equal(answer.status, 405);
      assert.equal(answer.headers.get('allow'), 'GET, POST');
      assert.equal(await http.countMessages(), 0);
    });
  }

  test('OPTIONS does not act and allows no other origin', async () => {
    const answer = await http.ask(path() + GOOD_QUERY, {
      method: 'OPTIONS',
      headers: { origin: 'https://example.com', 'access-control-request-method': 'POST' },
    });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get('allow'), 'GET, POST');
    assert.deepEqual(
      [...answer.headers.keys()].filter((name) => name.startsWith('access-control')),
      [],
    );
    assert.equal(await http.countMessages(), 0);
  });
});

describe('what a browser or a preview requests by itself is refused', () => {
  const automatic: Record<string, string>[] = [
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
    { 'x-purpose': 'preview' },
    { 'x-moz': 'prefetch' },
    { 'sec-fetch-dest': 'image' },
    { 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'cross-site' },
    { 'user-agent': 'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)' },
    { 'user-agent': 'WhatsApp/2.23.20.0' },
    { 'user-agent': 'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)' },
    { 'user-agent': 'TelegramBot (like TwitterBot)' },
    { 'user-agent': 'Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)' },
  ];
  for (const headers of automatic) {
    test(JSON.stringify(headers), async () => {
      await assertRefused(await getWith(headers), 403, 'refused_by_policy');
    });
  }
});

/** With node:http, since `fetch` keeps some of these headers for itself. */
async function getWith(headers: Record<string, string>): Promise<HttpAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const request = rawRequest(http.url + path() + GOOD_QUERY, { headers, agent: false });
  request.on('error', reject).on('response', (response) => {
    readAll(response).then(
      (text) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: new Headers(response.headers as Record<string, string>),
          text,
          json: JSON.parse(text),
        }),
      reject,
    );
  });
  request.end();
  return promise;
}

describe('addresses', () => {
  test('an unknown address is answered in JSON without an echo', async () => {
    await assertRefused(await http.ask(`/nothing/${service.apiKey}?x=1`), 404, 'route_not_found');
    await assertRefused(await http.ask('/sendMsg'), 404, 'route_not_found');
  });

  test('an address with a broken escape', async () => {
    await assertRefused(await http.ask(`/sendMsg/%E0%A4%A${GOOD_QUERY}`), 400, 'malformed_url');
  });

  test('what is not HTTP', async () => {
    const { port } = new URL(http.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`GET ${path()} with spaces HTTP/1.1\r\nhost: x\r\n\r\n`);
    const text = await readAll(socket);
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(text, /"code":"malformed_request"}$/);
    assert.ok(!text.includes(service.apiKey));
  });

  test('every answer forbids caching, sniffing and referrers', async () => {
    for (const address of [path() + GOOD_QUERY.slice(0, 5), '/', '/nothing', '/sendMsg/%E0%A4%A']) {
      const { headers } = await http.ask(address);
      assert.equal(headers.get('cache-control'), 'no-store', address);
      assert.equal(headers.get('referrer-policy'), 'no-referrer', address);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', address);
    }
  });
});
