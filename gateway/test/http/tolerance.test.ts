import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { HttpOnly, type TestService } from '../harness/http-only.ts';

// What clients send that is not quite HTTP, byte for byte.

let http: HttpOnly;
let service: TestService;

before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());

const HEADERS = 'Host: x\r\nConnection: close\r\n';
const END = ` HTTP/1.1\r\n${HEADERS}\r\n`;
const path = (): string => `/sendMsg/${service.apiKey}`;
const query = (message: string): string => `${path()}?phonenumber=447400733413&message=${message}`;

/** Sends pieces, each in a packet of its own if it can be had, and reads until the end. */
async function send(...pieces: (string | Buffer)[]): Promise<string> {
  const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
  socket.setNoDelay(true);
  await once(socket, 'connect');
  const answer = readAll(socket);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
  return await answer;
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

async function newestText(): Promise<string | undefined> {
  const row = await http.database.query
    .selectFrom('messages')
    .select('text')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  return row?.text;
}

/** Asserts that the answer is a success and that this text was queued. */
async function assertQueued(answer: string, text: string): Promise<void> {
  assert.match(answer, /HTTP\/1\.1 200 OK\r\n/, answer);
  assert.match(answer, /"success":"true"/);
  assert.equal(await newestText(), text);
}

describe('addresses', () => {
  const forms: Record<string, readonly [line: () => string, text: string]> = {
    'unencoded spaces': [() => `GET ${query('This is a test message')}`, 'This is a test message'],
    'unencoded line breaks': [() => `GET ${query('one\ntwo\r\nthree')}`, 'one\ntwo\r\nthree'],
    'unencoded UTF-8': [() => `GET ${query('Grüße سلام 😀')}`, 'Grüße سلام 😀'],
    'escaped and unescaped together': [() => `GET ${query('a%20b+c d%C3%A9é')}`, 'a b c déé'],
    'upper-case escapes': [() => `GET ${query('%C3%89%2B%2F')}`, 'É+/'],
    'lower-case escapes': [() => `GET ${query('%c3%89%2b%2f')}`, 'É+/'],
    'a plus for a space': [() => `GET ${query('a+b')}`, 'a b'],
    'emoji in escapes': [() => `GET ${query('%F0%9F%98%80')}`, '😀'],
    'a broken escape': [() => `GET ${query('100%')}`, '100%'],
    'signs that need no escape but often get one': [
      () => `GET ${query(`"<>^{|}'()`)}`,
      `"<>^{|}'()`,
    ],
    'an absolute address': [() => `GET http://gateway.example:8080${query('proxy')}`, 'proxy'],
    'doubled slashes': [() => `GET ${query('x').replace('/sendMsg/', '//sendMsg//')}`, 'x'],
    'a trailing slash': [() => `GET ${query('x').replace('?', '/?')}`, 'x'],
    'several trailing slashes': [() => `GET ${query('y').replace('?', '//?')}`, 'y'],
    'empty parts of a query': [() => `GET ${query('x').replace('?', '?&&')}&&`, 'x'],
    'a byte order mark before the first name': [
      () => `GET ${query('x').replace('?', '?%EF%BB%BF')}`,
      'x',
    ],
    'a bare byte order mark': [() => `GET ${query('x').replace('?', '?\uFEFF')}`, 'x'],
    'a POST with everything in its query': [() => `POST ${query('a b')}`, 'a b'],
  };
  for (const [name, [line, text]] of Object.entries(forms)) {
    test(name, async () => {
      await assertQueued(await send(line() + END), text);
    });
  }

  test('a number in Persian, Arabic and full-width digits, unencoded', async () => {
    for (const number of [
      '۴۴۷۴۰۰۷۳۳۴۱۳',
      '٤٤٧٤٠٠٧٣٣٤١٣',
      '４４７４００７３３４１３',
      '+44 7400 733413',
    ]) {
      const line = `GET ${path()}?message=digits&phonenumber=${number}`;
      assert.match(await send(line + END), /"success":"true"/, number);
      const { json } = await http.ask(`/sentMessages/${service.apiKey}`);
      const [newest] = (json as { data: { phonenumber: string }[] }).data;
      // A plus in a query is a space.
      assert.equal(newest?.phonenumber, '447400733413');
    }
  });

  test('degrees in Persian digits', async () => {
    const place = 'lat=%DB%B3%DB%B5%D9%AB%DB%B7&long=-%DB%B5%DB%B1.4';
    const line = `GET /sendLocation/${service.apiKey}?phonenumber=447400733413&${place}`;
    assert.match(await send(line + END), /"success":"true"/);
    const row = await http.database.query
      .selectFrom('messages')
      .select(['latitude', 'longitude'])
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow();
    assert.deepEqual([row.latitude, row.longitude], [35.7, -51.4]);
  });

  test('a page in Persian digits', async () => {
    const answer = await send(`GET /sentMessages/${service.apiKey}?page=۹۹${END}`);
    assert.match(answer, /"page":"page 99 from 1"/);
  });

  test('a long unencoded text, in many packets', async () => {
    const text = 'سلام '.repeat(800).trim();
    const bytes = Buffer.from(`GET ${query(text)}${END}`);
    const pieces = Array.from({ length: 8 }, (_, index) =>
      bytes.subarray((index * bytes.length) / 8, ((index + 1) * bytes.length) / 8),
    );
    await assertQueued(await send(...pieces), text);
  });

  test('the request before on the same connection is answered as well', async () => {
    const first = `GET ${query('first')} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const socket = connect(Number(new URL(http.url).port), '127.0.0.1');
    const chunks: string[] = [];
    socket.setEncoding('utf8').on('data', (text: string) => chunks.push(text));
    socket.write(first);
    await once(socket, 'data');
    socket.write(`GET ${query('the second one')}${END}`);
    await once(socket, 'close');
    assert.equal(chunks.join('').match(/"success":"true"/g)?.length, 2);
    assert.equal(await newestText(), 'the second one');
  });

  test('nothing is read behind a repaired request', async () => {
    const smuggled = `GET ${query('smuggled')}${END}`;
    const keepAlive = ' HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await send(`GET ${query('a b')}${keepAlive}${smuggled}`);
    assert.equal(answer.match(/HTTP\/1\.1 200/g)?.length, 1);
    assert.match(answer, /\r\nconnection: close\r\n/i);
  });
});

describe('messages', () => {
  const form = 'phonenumber=447400733413&message=';
  const typed = 'Content-Type: application/x-www-form-urlencoded\r\n';

  test('HTTP/1.0', async () => {
    await assertQueued(await send(`GET ${query('old')} HTTP/1.0\r\n\r\n`), 'old');
    await assertQueued(await send(`GET ${query('old and odd')} HTTP/1.0\r\n\r\n`), 'old and odd');
  });

  test('Expect: 100-continue', async () => {
    const body = `${form}expected`;
    const head = `POST ${path()} HTTP/1.1\r\n${HEADERS}${typed}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`;
    const answer = await send(head, body);
    assert.match(answer, /^HTTP\/1\.1 100 Continue\r\n\r\n/);
    await assertQueued(answer, 'expected');
  });

  test('a chunked body', async () => {
    const head = `POST ${path()} HTTP/1.1\r\n${HEADERS}${typed}Transfer-Encoding: chunked\r\n\r\n`;
    const answer = await send(head, chunk(form), chunk('in '), chunk('pieces'), '0\r\n\r\n');
    await assertQueued(answer, 'in pieces');
  });

  test('a body behind an unencoded query', async () => {
    const body = `${form}from the body`;
    const head = `POST ${path()}?note=a b HTTP/1.1\r\n${HEADERS}${typed}Content-Length: ${body.length}\r\n\r\n`;
    await assertQueued(await send(head, body.slice(0, 20), body.slice(20)), 'from the body');
  });

  for (const [name, type] of [
    ['without a charset', 'application/x-www-form-urlencoded'],
    ['in capitals', 'Application/X-WWW-Form-Urlencoded; Charset=UTF-8'],
    ['with a stray semicolon', 'application/x-www-form-urlencoded;'],
  ] as const) {
    test(`a form's content type ${name}`, async () => {
      const body = `\uFEFF${form}Grüße سلام 😀`;
      const answer = await http.ask(path(), {
        method: 'POST',
        headers: { 'content-type': type },
        body,
      });
      assert.equal(answer.status, 200, answer.text);
      assert.equal(await newestText(), 'Grüße سلام 😀');
    });
  }

  test('several recipients, each in a way of its own', async () => {
    const line = `GET ${path()}?phonenumber[]=447400733413&phonenumber[7]=447400733414&phonenumber=447400733415&phonenumber%5b%5d=447400733416&message=all of them`;
    const answer = await send(line + END);
    assert.equal(answer.match(/"messageId"/g)?.length, 4);
  });
});

describe('still refused', () => {
  for (const [name, line] of [
    ['a space in the path', () => `GET /send Msg/${service.apiKey}?message=x`],
    ['a zero character', () => `GET ${query('a\0b')}`],
    ['a method that does not act', () => `DELETE ${query('a b')}`],
    ['what is not HTTP at all', () => `hello ${query('a b')}`],
  ] as const) {
    test(name, async () => {
      const before = await http.countMessages();
      const answer = await send(line() + END);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /);
      assert.match(answer, /"code":"malformed_request"/);
      assert.ok(!answer.includes(service.apiKey));
      assert.equal(await http.countMessages(), before);
    });
  }
});
