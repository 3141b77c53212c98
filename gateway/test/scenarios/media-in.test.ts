import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Files that other people send: downloaded, kept, listed and served by links that expire.

const world = await TestWorld.start({ TICKWIRE_MEDIA_BYTES_MAX: '3000000' });
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000601';
const apiKey = await world.makeService({ link: OWN });

interface FileRow {
  readonly id: string;
  readonly type: string;
  readonly from: string;
  readonly message: string;
  readonly mediaUrl: string;
  readonly caption: string;
}

interface SentFile {
  readonly bytes: Buffer;
  readonly mimetype: string;
  readonly fileName?: string;
}

async function sendFile(from: string, { bytes, ...named }: SentFile, text?: string): Promise<void> {
  await world.askSimulator(`/simulator/phones/${from}/messages`, {
    to: OWN,
    ...(text === undefined ? {} : { text }),
    media: { base64: bytes.toString('base64'), ...named },
  });
}

async function newestFrom(from: string): Promise<FileRow> {
  return await waitUntil(`a message from ${from}`, async () => {
    const { json } = await world.ask(`/receivedMessages/${apiKey}?page=1&phonenumber=${from}`);
    return json.data[0];
  });
}

/** Asks for the file until it is there. */
async function fetchFile(row: FileRow, headers: Record<string, string> = {}): Promise<Response> {
  return await waitUntil('the file to be there', async () => {
    const response = await fetch(row.mediaUrl, { headers });
    if (response.status !== 503) return response;
    assert.ok(Number(response.headers.get('retry-after')) > 0);
    await response.arrayBuffer();
    return null;
  });
}

const bodyOf = async (response: Response): Promise<Buffer> =>
  Buffer.from(await response.arrayBuffer());

test('every kind of file: equal bytes, right type, kept caption and name', async () => {
  const files: [from: string, file: SentFile, caption: string | undefined, shown: boolean][] = [
    ['447400000610', { bytes: randomBytes(1), mimetype: 'image/jpeg' }, 'one byte, سلام', true],
    ['447400000611', { bytes: randomBytes(1_000_000), mimetype: 'video/mp4' }, 'a film', true],
    ['447400000612', { bytes: randomBytes(20_000), mimetype: 'audio/mpeg' }, undefined, true],
    [
      '447400000613',
      { bytes: Buffer.from('<script>'), mimetype: 'text/html', fileName: 'a b".html' },
      'page',
      false,
    ],
    [
      '447400000614',
      { bytes: randomBytes(7), mimetype: 'application/pdf', fileName: 'über.pdf' },
      undefined,
      false,
    ],
  ];
  for (const [from, file, caption, isShown] of files) {
    await sendFile(from, file, caption);
    const row = await newestFrom(from);
    assert.equal(row.type, 'file');
    assert.equal(row.from, from);
    assert.deepEqual([row.message, row.caption], [caption ?? '', caption ?? '']);
    assert.deepEqual(Object.keys(row), [
      'id',
      'type',
      'from',
      'to',
      'date',
      'message',
      'mediaUrl',
      'caption',
    ]);
    const response = await fetchFile(row);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), file.mimetype);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('content-security-policy'), "sandbox; default-src 'none'");
    const disposition = response.headers.get('content-disposition') ?? '';
    assert.match(disposition, isShown ? /^inline/ : /^attachment/);
    if (file.fileName !== undefined) {
      assert.ok(disposition.includes(encodeURIComponent(file.fileName)), disposition);
    }
    assert.ok((await bodyOf(response)).equals(file.bytes), file.mimetype);
  }
});

test('a part of a file can be asked for', async () => {
  const bytes = randomBytes(1000);
  await sendFile('447400000620', { bytes, mimetype: 'video/mp4' });
  const row = await newestFrom('447400000620');
  await bodyOf(await fetchFile(row));
  const part = await fetchFile(row, { range: 'bytes=100-199' });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 100-199/1000');
  assert.ok((await bodyOf(part)).equals(bytes.subarray(100, 200)));
  assert.equal((await fetchFile(row, { range: 'bytes=1000-' })).status, 416);
});

test('a link that was changed is refused, whatever was changed', async () => {
  await sendFile('447400000630', { bytes: randomBytes(9), mimetype: 'image/png' });
  const row = await newestFrom('447400000630');
  await bodyOf(await fetchFile(row));
  const [, token = ''] = /\/media\/([^/]+)\//.exec(row.mediaUrl) ?? [];
  const [service = '', message = '', expiry = '', signature = ''] = token.split('.');
  for (const changed of [
    [service, `${Number(message) - 1}`, expiry, signature],
    [`${Number(service) + 1}`, message, expiry, signature],
    [service, message, `${Number(expiry) + 1}`, signature],
    [service, message, expiry, `${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`],
    [service, message, expiry, ''],
    ['x'],
  ]) {
    const answer = await world.ask(`/media/${changed.join('.')}/file.png`);
    assert.equal(answer.status, 403, answer.text);
    assert.equal(answer.json.code, 'invalid_media_link');
  }
});

test('a download that fails is tried again, and again when somebody asks', async () => {
  const bytes = randomBytes(5000);
  await world.askSimulator('/simulator/faults', { kind: 'fail-download', count: 1 });
  await sendFile('447400000640', { bytes, mimetype: 'image/jpeg' });
  const row = await newestFrom('447400000640');
  assert.equal((await fetch(row.mediaUrl)).status, 503);
  const response = await waitUntil(
    'the second try',
    async () => {
      const answer = await fetch(row.mediaUrl);
      return answer.status === 200 ? answer : null;
    },
    20_000,
  );
  assert.ok((await bodyOf(response)).equals(bytes));
});

test('a file that is too long is not kept, and that is said', async () => {
  await sendFile('447400000650', { bytes: Buffer.alloc(3_000_001), mimetype: 'image/jpeg' }, 'big');
  const row = await newestFrom('447400000650');
  assert.equal(row.caption, 'big');
  const answer = await fetchFile(row);
  assert.equal(answer.status, 410);
  assert.match(await answer.text(), /too_large/);
});

test('what came while the gateway was dead is fetched afterwards, under links that stay', async () => {
  await sendFile('447400000660', { bytes: Buffer.from('before'), mimetype: 'image/jpeg' });
  const before = await newestFrom('447400000660');
  await bodyOf(await fetchFile(before));
  await world.gateway.kill();
  await sendFile('447400000661', { bytes: Buffer.from('meanwhile'), mimetype: 'image/jpeg' });
  await world.startGateway();
  const meanwhile = await newestFrom('447400000661');
  assert.equal((await bodyOf(await fetchFile(meanwhile))).toString(), 'meanwhile');
  const path = new URL(before.mediaUrl).pathname;
  assert.equal((await world.ask(path)).text, 'before');
});

test('receiveMessage off: no file is fetched', async () => {
  const folder = join(world.dataDir, 'received');
  const countBefore = readdirSync(folder).length;
  await world.ask(`/serviceSettings/${apiKey}?receiveMessage=off`);
  await sendFile('447400000670', { bytes: randomBytes(9), mimetype: 'image/jpeg' });
  await waitUntil('the message to be taken from WhatsApp', async () => {
    return (await world.askSimulator('/simulator/stats')).json.stanzasWaiting.unacknowledged === 0;
  });
  await world.ask(`/serviceSettings/${apiKey}?receiveMessage=on`);
  await sendFile('447400000671', { bytes: randomBytes(9), mimetype: 'image/jpeg' });
  await fetchFile(await newestFrom('447400000671'));
  assert.equal(readdirSync(folder).length, countBefore + 1);
});
