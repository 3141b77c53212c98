import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Client } from 'pg';
import { makeImage, makeMp3, makeVideo, makeVoiceNote } from '../harness/media-samples.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The way of a file, from a part, Base64 or a link to the screen of another phone.

interface ShownFile {
  readonly kind: string;
  readonly text: string | null;
  readonly media?: {
    readonly mimetype: string;
    readonly fileName: string | null;
    readonly bytes: number;
    readonly sha256: string;
  };
}

const world = await TestWorld.start({ TICKWIRE_ALLOW_PRIVATE_URLS: 'on' });
after(() => world[Symbol.asyncDispose]());
const apiKey = await world.makeService({ link: '447400000009' });

const answers = new Map<string, (response: ServerResponse) => void>();
const server = createServer((request, response) => {
  const answer = answers.get(request.url ?? '');
  if (answer === undefined) response.writeHead(404).end();
  else answer(response);
});
await once(server.listen(0, '127.0.0.1'), 'listening');
after(() => {
  server.closeAllConnections();
  server.close();
});
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Puts a file behind a link. @returns the link */
function serve(path: string, content: Buffer, type = 'application/octet-stream'): string {
  answers.set(path, (response) => response.writeHead(200, { 'content-type': type }).end(content));
  return base + path;
}

let lastPhone = 447_400_001_000;
/** Somebody to whom nobody has written yet. */
const newPhone = (): string => String((lastPhone += 1));

async function post(body: FormData | URLSearchParams): Promise<number> {
  const answer = await world.ask(`/sendMsg/${apiKey}`, { method: 'POST', body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.messageId;
}

function form(fields: Record<string, string | File>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/** The one message that a phone comes to show. */
async function shownBy(phone: string): Promise<ShownFile> {
  const look = async (): Promise<ShownFile[] | undefined> => {
    const messages = (await world.shownBy(phone)) as unknown as ShownFile[];
    return messages.length > 0 ? messages : undefined;
  };
  const [shown] = await waitUntil(`${phone} to show a file`, look, SHOWN_WITHIN_MS);
  assert.ok(shown !== undefined);
  return shown;
}

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

const samples: [string, Buffer, string, string][] = [
  ['image', await makeImage('jpeg'), 'photo.jpg', 'image/jpeg'],
  ['image', await makeImage('png'), 'photo.png', 'image/png'],
  ['sticker', await makeImage('webp', 512, 512), 'smile.webp', 'image/webp'],
  ['video', makeVideo(7, 640, 360), 'film.mp4', 'video/mp4'],
  ['audio', makeMp3(3), 'song.mp3', 'audio/mpeg'],
  ['voice', makeVoiceNote(4), 'note.ogg', 'audio/ogg; codecs=opus'],
  ['document', Buffer.from('%PDF-1.7\n%%EOF'), 'offer.pdf', 'application/pdf'],
  ['document', randomBytes(1), 'one.bin', 'application/octet-stream'],
  ['document', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'a.svg', 'image/svg+xml'],
];

/** What follows the part that says what a file is does not matter to anybody here. */
const padded = (content: Buffer, bytes: number): Buffer =>
  bytes <= content.length ? content : Buffer.concat([content, randomBytes(bytes - content.length)]);

const MEGABYTE = 1024 * 1024;
// The documented limit takes minutes: `TEST_LARGE_FILES=on npm test -- media-out.test`.
const SIZES =
  process.env['TEST_LARGE_FILES'] === 'on' ? [0, MEGABYTE, 100 * MEGABYTE] : [0, MEGABYTE];
const SHOWN_WITHIN_MS = 60_000;
const matrix = samples.flatMap(([kind, content, name, mimetype]) =>
  SIZES.map((bytes) => [kind, padded(content, bytes), name, mimetype] as const),
);

describe('a file reaches the phone as it is, in every way, of every kind and size', () => {
  for (const [kind, content, name, mimetype] of matrix) {
    test(`${kind}: ${name}, ${content.length} bytes`, async () => {
      const [byPart, byBase64, byLink] = [newPhone(), newPhone(), newPhone()];
      const message = kind === 'image' || kind === 'document' ? 'a caption, سلام' : '';
      await post(form({ phonenumber: byPart, message, file: new File([content], name) }));
      const base64 = content.toString('base64');
      await post(
        form({
          phonenumber: byBase64,
          message,
          base64_file: `data:${mimetype};base64,${base64}`,
        }),
      );
      const link = serve(`/${name}`, content, mimetype);
      await post(new URLSearchParams({ phonenumber: byLink, message, link }));
      for (const phone of [byPart, byBase64, byLink]) {
        const { media, ...shown } = await shownBy(phone);
        // A phone's screen knows a voice note by its type.
        const shownKind = kind === 'voice' ? 'audio' : kind;
        assert.deepEqual([shown.kind, shown.text ?? ''], [shownKind, message]);
        assert.equal(media?.bytes, content.length);
        assert.equal(media.sha256, sha256(content));
        assert.equal(media.mimetype, mimetype);
        if (kind === 'document' && phone !== byBase64) assert.equal(media.fileName, name);
      }
    });
  }
});

test('lists show the link a file was given by, and nothing for an upload', async () => {
  const phone = newPhone();
  const link = serve('/listed.pdf', Buffer.from('%PDF-1.7'));
  await post(new URLSearchParams({ phonenumber: phone, link }));
  await post(form({ phonenumber: phone, file: new File(['x'], 'a.txt') }));
  const { json } = await world.ask(`/sentMessages/${apiKey}?phonenumber=${phone}`);
  assert.deepEqual(
    json.data.map((row: { url: string }) => row.url),
    ['', link],
  );
});

describe('a link that gives no file fails its message with the reason', () => {
  const cases: [string, (response: ServerResponse) => void, string][] = [
    [
      'a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'media_type_not_allowed',
    ],
    [
      'too long',
      (response) => response.writeHead(200, { 'content-length': 5_000_000_000 }).write('x'),
      'media_too_large',
    ],
    ['not there', (response) => response.writeHead(404).end(), 'link_unreachable'],
    [
      'leading elsewhere',
      (response) => response.writeHead(302, { location: 'ftp://example.com/' }).end(),
      'link_not_allowed',
    ],
  ];
  for (const [name, answer, reason] of cases) {
    test(name, async () => {
      answers.set('/bad', answer);
      const id = await post(new URLSearchParams({ phonenumber: newPhone(), link: `${base}/bad` }));
      await world.waitForStatus(apiKey, id, { status: 'Failed', statusInfo: reason });
    });
  }

  test('and a passing failure only delays it', async () => {
    let asked = 0;
    const content = randomBytes(1000);
    answers.set('/flaky', (response) => {
      asked += 1;
      if (asked === 1) response.writeHead(503).end();
      else response.end(content);
    });
    const phone = newPhone();
    await post(new URLSearchParams({ phonenumber: phone, link: `${base}/flaky` }));
    assert.equal((await shownBy(phone)).media?.sha256, sha256(content));
    assert.equal(asked, 2);
  });
});

test('a link that hangs is pending, stops nobody, and can be taken back', async () => {
  answers.set('/hangs', () => undefined);
  const link = `${base}/hangs`;
  const ids: number[] = [];
  for (let count = 0; count < 5; count += 1) {
    ids.push(await post(new URLSearchParams({ phonenumber: newPhone(), link })));
  }
  const other = await world.makeService({ link: '447400000008' });
  const phone = newPhone();
  const content = randomBytes(1000);
  const answer = await world.ask(`/sendMsg/${other}`, {
    method: 'POST',
    body: new URLSearchParams({ phonenumber: phone, link: serve('/ok', content) }),
  });
  assert.equal(answer.status, 200);
  assert.equal((await shownBy(phone)).media?.bytes, 1000);
  assert.equal((await world.ask(`/pending/${apiKey}`)).json.count, 5);
  await world.ask(`/deletePending/${apiKey}`);
  for (const id of ids) await world.waitForStatus(apiKey, id, { status: 'Canceled' });
});

test('an accepted file and an accepted link survive a crash', async () => {
  const content = randomBytes(300_000);
  const [byPart, byLink, during] = [newPhone(), newPhone(), newPhone()];
  let asked = 0;
  const { promise: beingFetched, resolve } = Promise.withResolvers<void>();
  answers.set('/slow', (response) => {
    asked += 1;
    if (asked > 1) {
      response.end(content);
      return;
    }
    response.write(content.subarray(0, 1000));
    resolve();
  });
  await post(new URLSearchParams({ phonenumber: byLink, link: `${base}/slow` }));
  await beingFetched;
  const schedule = String(Math.floor(Date.now() / 1000) + 3);
  const file = new File([content], 'a.bin');
  await post(form({ phonenumber: byPart, schedule, file }));
  const unfinished = assert.rejects(
    fetch(`${world.gateway.url}/sendMsg/${apiKey}`, {
      method: 'POST',
      body: endlessUpload(during),
      headers: { 'content-type': 'multipart/form-data; boundary=edge' },
      duplex: 'half',
    }),
  );
  await waitUntil('the upload to begin', () => partsInSpool().length > 0);
  await world.gateway.kill();
  await unfinished;
  await world.startGateway();
  assert.deepEqual(partsInSpool(), [], 'what was half written is gone');
  await runOutLeases();
  for (const phone of [byPart, byLink]) {
    assert.equal((await shownBy(phone)).media?.sha256, sha256(content));
  }
  assert.deepEqual(await world.shownBy(during), []);
});

/** As if the time had passed for which the dead process had the link to itself. */
async function runOutLeases(): Promise<void> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query(`UPDATE media SET next_try_at = now() WHERE state = 'fetching'`);
  await client.end();
}

function endlessUpload(phone: string): ReadableStream<Uint8Array> {
  const head = [
    '--edge\r\ncontent-disposition: form-data; name="phonenumber"\r\n',
    `${phone}\r\n--edge`,
    'content-disposition: form-data; name="file"; filename="a.bin"\r\n\r\n',
  ].join('\r\n');
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(head));
      controller.enqueue(randomBytes(100_000));
    },
  });
}

function partsInSpool(): string[] {
  const names = readdirSync(join(world.dataDir, 'media'), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.part'));
}
