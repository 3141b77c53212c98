import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { openDatabase } from '../../src/storage/database.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Files on their way to a phone, which opens them with the key in its message: equal bytes, the
// right kind, name and caption; uploaded once, and without holding up anybody else.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000801';
const apiKey = await world.makeService({ link: OWN });

interface ShownFile {
  readonly kind: string;
  readonly text: string | null;
  readonly wireCopies: number;
  readonly media: {
    readonly mimetype: string;
    readonly fileName: string | null;
    readonly bytes: number | null;
    readonly sha256: string | null;
  } | null;
}

const shownBy = async (phone: string): Promise<ShownFile[]> =>
  (await world.askSimulator(`/simulator/phones/${phone}/messages`)).json;

/** Whom a file goes to: one person, several, or a group. */
type Recipients = string | string[] | { readonly groupId: string };

/** @returns the message's id; of the first recipient's when there are several, 0 */
async function sendFile(
  recipients: Recipients,
  bytes: Buffer,
  fileName: string,
  message = '',
): Promise<number> {
  const form = new FormData();
  const isGroup = typeof recipients === 'object' && 'groupId' in recipients;
  if (typeof recipients === 'string') form.append('phonenumber', recipients);
  else if (isGroup) form.append('groupId', recipients.groupId);
  else for (const phone of recipients) form.append('phonenumber[]', phone);
  if (message !== '') form.append('message', message);
  form.append('file', new File([new Uint8Array(bytes)], fileName));
  const path = isGroup ? 'sendGroup' : 'sendMsg';
  const answer = await world.ask(`/${path}/${apiKey}`, { method: 'POST', body: form });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.messageId ?? 0;
}

async function waitForFile(phone: string): Promise<ShownFile> {
  return await waitUntil(`${phone} to show a file`, async () => (await shownBy(phone))[0], 30_000);
}

/** What the library makes of each file on its way. */
const encryptedCopies = (): string[] =>
  readdirSync(join(world.dataDir, 'temporary')).filter((name) => name.endsWith('-enc'));

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const withHead = (head: Buffer | string, bytes: number): Buffer =>
  Buffer.concat([Buffer.from(head), randomBytes(bytes)]);
const drawing = sharp({
  create: { width: 300, height: 200, channels: 3, background: '#4080c0' },
});
const jpeg = await drawing.jpeg().toBuffer();
const webp = await drawing.webp().toBuffer();
const mp4 = withHead('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 100_000);
const voiceNote = Buffer.concat([
  Buffer.from('OggS\0\x02'),
  Buffer.alloc(22),
  withHead('OpusHead', 20_000),
]);

const FILES: [kind: string, bytes: Buffer, name: string, mimetype: string][] = [
  ['image', jpeg, 'a.jpg', 'image/jpeg'],
  ['video', mp4, 'b.mp4', 'video/mp4'],
  ['audio', voiceNote, 'voice.ogg', 'audio/ogg; codecs=opus'],
  ['audio', withHead('ID3\x04\0\0\0\0\0\0', 30_000), 'c.mp3', 'audio/mpeg'],
  ['document', withHead('%PDF-1.7\n', 5000), 'über d.pdf', 'application/pdf'],
  ['sticker', webp, 'e.webp', 'image/webp'],
  ['document', Buffer.of(7), 'one byte.bin', 'application/octet-stream'],
  ['document', randomBytes(1_000_000), 'megabyte.bin', 'application/octet-stream'],
  ['document', randomBytes(20_000_000), 'twenty.bin', 'application/octet-stream'],
];
// The documented limit; takes too long for every run.
if (process.env['TEST_LARGE_FILES'] === 'on') {
  const hundred = randomBytes(100 * 1024 * 1024);
  FILES.push(['document', hundred, 'hundred.bin', 'application/octet-stream']);
}

for (const [index, [kind, bytes, name, mimetype]] of FILES.entries()) {
  test(`${name} is opened by the phone: ${kind}, ${bytes.length} bytes`, async () => {
    const phone = `4474000008${10 + index}`;
    const id = await sendFile(phone, bytes, name, 'look, سلام');
    const shown = await waitForFile(phone);
    assert.equal(shown.kind, kind);
    assert.equal(shown.media?.mimetype, mimetype);
    assert.equal(shown.media.bytes, bytes.length);
    assert.equal(shown.media.sha256, sha256(bytes));
    const hasCaption = kind !== 'audio' && kind !== 'sticker';
    assert.equal(shown.text, hasCaption ? 'look, سلام' : null);
    if (kind === 'document') assert.equal(shown.media.fileName, name);
    await world.waitForStatus(apiKey, id, { status: 'OK', delivery: 'read' });
  });
}

test('one file to many people and a group is uploaded once', async () => {
  const folder = join(world.dataDir, 'simulator', 'media');
  const countBefore = readdirSync(folder).length;
  const phones = Array.from({ length: 8 }, (_, index) => `44740000084${index}`);
  const bytes = withHead('%PDF-1.7\n', 4000);
  await sendFile(phones, bytes, 'to all.pdf');
  for (const phone of phones) {
    assert.equal((await waitForFile(phone)).media?.sha256, sha256(bytes));
  }
  assert.equal(readdirSync(folder).length, countBefore + 1);
  assert.deepEqual(encryptedCopies(), [], 'none is left behind');
});

test('every member of a group opens a file', async () => {
  const members = ['447400000850', '447400000851'];
  const { groupId } = (
    await world.askSimulator('/simulator/groups', {
      name: 'Pictures',
      participants: [members[0], OWN, members[1]],
      addressingMode: 'lid',
    })
  ).json;
  const id = await sendFile({ groupId }, jpeg, 'a.jpg', 'us');
  for (const phone of members) {
    const shown = await waitForFile(phone);
    assert.deepEqual([shown.kind, shown.text], ['image', 'us']);
    assert.equal(shown.media?.sha256, sha256(jpeg));
  }
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('an upload that fails is tried again', async () => {
  await world.askSimulator('/simulator/faults', { kind: 'fail-upload', count: 2 });
  const bytes = withHead('%PDF-1.7\n', 3000);
  const id = await sendFile('447400000860', bytes, 'again.pdf');
  const shown = await waitForFile('447400000860');
  assert.equal(shown.media?.sha256, sha256(bytes));
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('a slow upload holds up its own chat, in order, and no other', async () => {
  await world.askSimulator('/simulator/faults', { kind: 'delay-upload', delayMs: 3000 });
  const bytes = withHead('%PDF-1.7\n', 2000);
  const slow = await sendFile('447400000870', bytes, 'slow.pdf');
  const behind = await world.send(apiKey, '447400000870', 'after the file');
  const other = await world.send(apiKey, '447400000871', 'to somebody else');
  await world.waitForStatus(apiKey, other, { delivery: 'read' });
  assert.deepEqual(await shownBy('447400000870'), [], 'the upload is still under way');
  await world.waitForStatus(apiKey, slow, { delivery: 'read' });
  await world.waitForStatus(apiKey, behind, { delivery: 'read' });
  const shown = await shownBy('447400000870');
  assert.deepEqual(
    shown.map(({ kind }) => kind),
    ['document', 'text'],
  );
});

test('a gateway that dies during an upload sends the file once', async () => {
  await world.askSimulator('/simulator/faults', { kind: 'delay-upload', delayMs: 2000 });
  const bytes = withHead('%PDF-1.7\n', 2500);
  const id = await sendFile('447400000880', bytes, 'died.pdf');
  await waitUntil('the upload to begin', async () => {
    return (await world.askSimulator('/simulator/faults')).json.length === 0;
  });
  await world.gateway.kill();
  assert.equal(encryptedCopies().length, 1, 'it could not clear it away');
  await world.startGateway();
  await world.waitForStatus(apiKey, id, { delivery: 'read' }, 20_000);
  assert.deepEqual(encryptedCopies(), []);
  const shown = await shownBy('447400000880');
  assert.equal(shown.length, 1);
  assert.equal(shown[0]?.media?.sha256, sha256(bytes));
});

test('a phone that can not read a file’s message gets it again, after a restart too', async () => {
  const { groupId } = (
    await world.askSimulator('/simulator/groups', {
      name: 'Forgetful',
      participants: ['447400000890', OWN],
      addressingMode: 'lid',
    })
  ).json;
  const send = (bytes: Buffer, name: string) => sendFile({ groupId }, bytes, name, 'caption');
  const first = await send(jpeg, 'a.jpg');
  await world.waitForStatus(apiKey, first, { delivery: 'read' });
  assert.equal(await world.gateway.stop(), 0);
  // The gateway forgets its key for the group but not whom it gave it: nobody will have the next.
  const database = openDatabase(world.databaseUrl, () => undefined);
  await database.query.deleteFrom('account_keys').where('type', '=', 'sender-key').execute();
  await database.close();
  await world.startGateway();
  await world.waitForConnection(apiKey, 'connected');
  const slow = { ackDelayMs: 0, deliverAfterMs: 2000, readAfterMs: 2100 };
  await world.askSimulator('/simulator/behaviour', slow, 'PUT');
  const bytes = withHead('%PDF-1.7\n', 1500);
  const second = await send(bytes, 'unreadable at first.pdf');
  await world.waitForStatus(apiKey, second, { delivery: 'server' });
  await world.gateway.kill();
  await world.startGateway();
  await world.waitForStatus(apiKey, second, { delivery: 'read' }, 20_000);
  const shown = await shownBy('447400000890');
  assert.deepEqual(
    shown.map(({ text, media }) => [text, media?.sha256]),
    [
      ['caption', sha256(jpeg)],
      ['caption', sha256(bytes)],
    ],
  );
});
