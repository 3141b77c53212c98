import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { request as rawRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { MEDIA_BYTES_MAX } from '../../src/domain/media.ts';
import { HttpOnly, type HttpAnswer, type TestService } from '../harness/http-only.ts';
import { waitUntil } from '../harness/wait-until.ts';

let http: HttpOnly;
let service: TestService;
before(async () => {
  http = await HttpOnly.start();
  service = await http.openService();
});
after(() => http[Symbol.asyncDispose]());
beforeEach(async () => {
  await http.database.query.deleteFrom('messages').execute();
  await http.database.query.deleteFrom('media').execute();
});

const JPEG = Buffer.concat([Buffer.from('ffd8ffe000104a46494600', 'hex'), randomBytes(2000)]);
const PHONE = '447400733413';
const path = (): string => `/sendMsg/${service.apiKey}`;

/** Files in the spool, finished or not. */
function spooled(): string[] {
  const entries = readdirSync(join(http.dataDir, 'media'), {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const spooledBefore = new Set<string>();
beforeEach(() => {
  for (const file of spooled()) spooledBefore.add(file);
});
const newlySpooled = (): string[] => spooled().filter((file) => !spooledBefore.has(file));

interface KeptMedia {
  readonly state: string;
  readonly kind: string | null;
  readonly mimetype: string | null;
  readonly name: string | null;
  readonly link: string;
  readonly content: Buffer | null;
  readonly text: string;
  readonly messageState: string;
}

/** The one message that was kept, with its file. */
async function keptMedia(answer: HttpAnswer): Promise<KeptMedia> {
  assert.equal(answer.status, 200, answer.text);
  const [row, ...others] = await http.database.query
    .selectFrom('messages')
    .innerJoin('media', 'media.id', 'messages.media_id')
    .select([
      'media.state',
      'media.kind',
      'media.mimetype',
      'media.file_name as name',
      'media.link',
      'media.bytes',
      'media.spool_name',
      'messages.text',
      'messages.state as messageState',
    ])
    .execute();
  assert.ok(row !== undefined && others.length === 0, 'one message with a file');
  const { spool_name: spoolName, bytes, ...kept } = row;
  if (spoolName === null) return { ...kept, content: null };
  const [file, ...more] = newlySpooled();
  assert.ok(file?.endsWith(spoolName) === true && more.length === 0, 'one file in the spool');
  const content = readFileSync(file);
  assert.equal(content.length, bytes);
  return { ...kept, content };
}

async function assertRefused(answer: HttpAnswer, status: number, code: string): Promise<void> {
  assert.equal(answer.status, status, answer.text);
  assert.equal((answer.json as { code: string }).code, code, answer.text);
  assert.equal(await http.countMessages(), 0);
  const { count } = await http.database.query
    .selectFrom('media')
    .select((columns) => columns.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  assert.equal(count, 0, 'no file is kept');
  assert.deepEqual(newlySpooled(), []);
}

function form(fields: Record<string, string | File | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries({ phonenumber: PHONE, ...fields })) {
    data.append(name, value);
  }
  return data;
}

const postForm = (fields: Record<string, string | File | Blob>): Promise<HttpAnswer> =>
  http.ask(path(), { method: 'POST', body: form(fields) });

const postUrlencoded = (fields: Record<string, string>): Promise<HttpAnswer> =>
  http.ask(path(), {
    method: 'POST',
    body: new URLSearchParams({ phonenumber: PHONE, ...fields }),
  });

const postJson = (fields: Record<string, unknown>): Promise<HttpAnswer> =>
  http.post(path(), { phonenumber: PHONE, ...fields });

describe('a file part', () => {
  test('is sent with its caption, its name and as what it is', async () => {
    const file = new File([JPEG], 'Фото 😀.pdf', { type: 'application/pdf' });
    const kept = await keptMedia(await postForm({ message: 'look', file }));
    assert.deepEqual(kept, {
      state: 'ready',
      kind: 'image',
      mimetype: 'image/jpeg',
      name: 'Фото 😀.pdf',
      link: '',
      content: JPEG,
      text: 'look',
      messageState: 'accepted',
    });
  });

  test('of one byte', async () => {
    const kept = await keptMedia(await postForm({ file: new File(['x'], 'a.txt') }));
    assert.deepEqual(kept.content, Buffer.from('x'));
    assert.deepEqual([kept.kind, kept.mimetype, kept.text], ['document', 'text/plain', '']);
  });

  test('goes to several people as one file', async () => {
    const body = form({ file: new File([JPEG], 'a.jpg') });
    body.append('phonenumber', '447400733414');
    assert.equal((await http.ask(path(), { method: 'POST', body })).status, 200);
    assert.equal(await http.countMessages(), 2);
    assert.equal(newlySpooled().length, 1);
  });

  test('that is empty counts as none', async () => {
    const empty = new File([], '');
    const answer = await postForm({ message: 'text', file: empty });
    assert.equal(answer.status, 200);
    await http.database.query.deleteFrom('messages').execute();
    const kept = await keptMedia(
      await postForm({ file: empty, base64_file: JPEG.toString('base64'), link: 'x' }),
    );
    assert.deepEqual(kept.content, JPEG);
  });

  test('comes before the other ways, whose files are not left', async () => {
    const kept = await keptMedia(
      await postForm({
        link: 'https://example.com/a.jpg',
        base64_file: 'QUJD',
        file: new File([JPEG], 'a.jpg'),
      }),
    );
    assert.deepEqual([kept.content, kept.link], [JPEG, '']);
  });

  test('that has to lose its path', async () => {
    const body = [
      '--edge',
      'content-disposition: form-data; name="phonenumber"',
      '',
      PHONE,
      '--edge',
      `content-disposition: form-data; name="file"; filename="../../etc/${'x'.repeat(4000)}\u202Egpj.exe"`,
      '',
      'MZ',
      '--edge--',
      '',
    ].join('\r\n');
    const headers = { 'content-type': 'multipart/form-data; boundary=edge' };
    const kept = await keptMedia(await http.ask(path(), { method: 'POST', headers, body }));
    assert.equal(kept.name, `${'x'.repeat(196)}.exe`);
  });
});

describe('Base64', () => {
  const ways = {
    multipart: postForm,
    urlencoded: postUrlencoded,
    JSON: postJson,
  };
  const long = Buffer.concat([JPEG, randomBytes(3_000_000)]);
  for (const [name, post] of Object.entries(ways)) {
    test(`in ${name}, short and long`, async () => {
      for (const content of [JPEG, long]) {
        const kept = await keptMedia(
          await post({ message: 'a "caption"', base64_file: content.toString('base64') }),
        );
        assert.deepEqual(kept.content, content);
        assert.deepEqual([kept.kind, kept.name, kept.text], ['image', 'image.jpg', 'a "caption"']);
        for (const file of spooled()) spooledBefore.add(file);
        await http.database.query.deleteFrom('messages').execute();
      }
    });

    test(`in ${name} with a data: prefix and line breaks`, async () => {
      const lines = JPEG.toString('base64').replaceAll(/(.{76})/g, '$1\r\n');
      const kept = await keptMedia(
        await post({ base64_file: `data:application/pdf;base64,${lines}` }),
      );
      assert.deepEqual(kept.content, JPEG);
    });

    test(`in ${name} that is none, short and long`, async () => {
      for (const bad of ['https://example.com/', `${long.toString('base64')}*`]) {
        await assertRefused(await post({ base64_file: bad }), 400, 'invalid_parameter');
      }
    });

    test(`in ${name} that is blank counts as none`, async () => {
      await assertRefused(await post({ base64_file: ' ' }), 400, 'empty_message');
      assert.equal((await post({ base64_file: '', message: 'text' })).status, 200);
    });
  }

  test('in a GET, its pluses not escaped', async () => {
    const content = Buffer.from('fbefbefbff', 'hex');
    const address = `${path()}?phonenumber=${PHONE}&base64_file=${content.toString('base64')}`;
    assert.deepEqual((await keptMedia(await http.ask(address))).content, content);
  });

  test('in JSON sent in chunks, with the slashes that PHP escapes', async () => {
    const text = JSON.stringify({ base64_file: long.toString('base64'), phonenumber: PHONE });
    const answer = await http.ask(path(), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([text.replaceAll('/', '\\/')]).stream(),
      duplex: 'half',
    });
    assert.deepEqual((await keptMedia(answer)).content, long);
  });

  test('twice in one request', async () => {
    const text = long.toString('base64');
    const body = `{"phonenumber":"${PHONE}","base64_file":"${text}","base64_file":"${text}"}`;
    await assertRefused(await http.post(path(), body), 400, 'invalid_parameter');
  });
});

describe('a link', () => {
  for (const name of ['link', 'url']) {
    test(`as ${name} is kept, to be fetched`, async () => {
      const link = 'https://example.com/a.jpg';
      for (const post of [postForm, postUrlencoded, postJson]) {
        const kept = await keptMedia(await post({ [name]: ` ${link}`, message: 'look' }));
        assert.deepEqual([kept.state, kept.link, kept.text], ['fetching', link, 'look']);
        assert.equal(kept.messageState, 'fetching');
        await http.database.query.deleteFrom('messages').execute();
      }
    });
  }

  test('in a GET', async () => {
    const address = `${path()}?phonenumber=${PHONE}&link=https://example.com/a%20b.jpg`;
    const kept = await keptMedia(await http.ask(address));
    assert.equal(kept.link, 'https://example.com/a b.jpg');
  });

  const refused = [
    '/etc/passwd',
    '.',
    'file:///etc/passwd',
    'http://127.0.0.1/',
    'http://a:b@c.de',
  ];
  for (const link of [...refused, 'http://example.com:5432/', 'ftp://example.com/a']) {
    test(`${link} is refused at once`, async () => {
      await assertRefused(await postJson({ link }), 422, 'link_not_allowed');
    });
  }

  test('that is no text', async () => {
    await assertRefused(await postJson({ link: { url: 'x' } }), 400, 'invalid_parameter');
    await assertRefused(await postJson({ file: 'https://example.com/' }), 400, 'invalid_parameter');
  });
});

describe('a request that is refused leaves no file', () => {
  test('for its recipient', async () => {
    const file = new File([JPEG], 'a.jpg');
    const wrong = await postForm({ phonenumber: 'x', file });
    await assertRefused(wrong, 400, 'invalid_phone_number');
    const base64 = await postJson({ phonenumber: 'x', base64_file: JPEG.toString('base64') });
    await assertRefused(base64, 400, 'invalid_phone_number');
    const link = await postJson({ phonenumber: 'x', link: 'https://example.com/' });
    await assertRefused(link, 400, 'invalid_phone_number');
  });

  test('for a second file, a file of another name, a caption that is too long', async () => {
    const file = new File([JPEG], 'a.jpg');
    const two = form({ file });
    two.append('file', file);
    await assertRefused(
      await http.ask(path(), { method: 'POST', body: two }),
      400,
      'invalid_parameter',
    );
    await assertRefused(await postForm({ picture: file }), 400, 'invalid_parameter');
    await assertRefused(
      await postForm({ file, message: 'x'.repeat(65_537) }),
      400,
      'message_too_long',
    );
  });

  test('for its key: nothing is read', async () => {
    const answer = await http.ask('/sendMsg/wrong', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ base64_file: randomBytes(2_000_000).toString('base64') }),
    });
    await assertRefused(answer, 401, 'invalid_api_key');
  });

  test('for JSON that is wrong around a long file', async () => {
    const text = randomBytes(2_000_000).toString('base64');
    for (const body of [`{"base64_file":"${text}"`, `{"base64_file":"${text}" 1}`]) {
      await assertRefused(await http.post(path(), body), 400, 'malformed_body');
    }
    const cut = `{"base64_file":"${text}`;
    await assertRefused(await http.post(path(), cut), 400, 'malformed_body');
  });
});

/** Begins a request and hands it over before its body is complete. */
function begin(headers: Record<string, string | number>): {
  request: ClientRequest;
  answer: Promise<{ status: number; text: string }>;
} {
  const request = rawRequest(http.url + path(), { method: 'POST', headers, agent: false });
  const answer = once(request, 'response').then(async ([response]) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response as IncomingMessage) chunks.push(chunk as Buffer);
    return {
      status: (response as IncomingMessage).statusCode ?? 0,
      text: Buffer.concat(chunks).toString(),
    };
  });
  // A test that only breaks the request off never looks at the answer.
  answer.catch(() => undefined);
  return { request, answer };
}

const MULTIPART = 'multipart/form-data; boundary=edge';
const FILE_PART = '--edge\r\ncontent-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n';

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('limits', () => {
  test('a file announced too long is refused before its end', async () => {
    const types = [
      [MULTIPART, FILE_PART, MEDIA_BYTES_MAX + 5_000_000],
      ['application/json', '{"base64_file":"QUJD', 5 * MEDIA_BYTES_MAX],
      ['application/x-www-form-urlencoded', 'base64_file=QUJD', 5 * MEDIA_BYTES_MAX],
    ] as const;
    for (const [type, beginning, length] of types) {
      const { request, answer } = begin({ 'content-type': type, 'content-length': length });
      request.on('error', () => undefined).write(`${beginning}QUJD`);
      const { status, text } = await answer;
      assert.equal(status, 413, text);
      assert.match(text, /"code":"media_too_large"/, type);
      request.destroy();
    }
    assert.deepEqual(newlySpooled(), []);
  });

  test('a request that breaks off half-way leaves nothing, whatever its form', async () => {
    const half = randomBytes(2_000_000);
    const types = [
      [MULTIPART, FILE_PART, half],
      ['application/json', `{"phonenumber":"${PHONE}","base64_file":"`, half.toString('base64')],
      ['application/x-www-form-urlencoded', 'base64_file=', half.toString('hex')],
    ] as const;
    for (const [type, beginning, content] of types) {
      const { request } = begin({ 'content-type': type, 'content-length': 4_500_000 });
      request.on('error', () => undefined).write(beginning);
      request.write(content);
      await waitUntil('the file to begin', () => newlySpooled().length === 1);
      request.destroy();
      await waitUntil('the file to be gone', () => newlySpooled().length === 0);
    }
    assert.equal(await http.countMessages(), 0);
  });

  test('100 MB are taken, a byte more is not', async () => {
    const content = randomBytes(MEDIA_BYTES_MAX);
    const kept = await keptMedia(await postForm({ file: new File([content], 'a.bin') }));
    assert.ok(kept.content !== null);
    assert.equal(digest(kept.content), digest(content));
    for (const file of spooled()) spooledBefore.add(file);
    await http.database.query.deleteFrom('messages').execute();
    await http.database.query.deleteFrom('media').execute();
    const more = Buffer.concat([content, Buffer.of(0)]);
    const asFile = await postForm({ file: new File([more], 'a.bin') });
    await assertRefused(asFile, 413, 'media_too_large');
    const asBase64 = await postJson({ base64_file: more.toString('base64') });
    await assertRefused(asBase64, 413, 'media_too_large');
  });
});
