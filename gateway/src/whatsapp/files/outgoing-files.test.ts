import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { waitUntil } from '../../../test/harness/wait-until.ts';
import { mediaId, serviceId, type MediaId } from '../../domain/ids.ts';
import type { MediaFile } from '../../domain/media.ts';
import { SendRefusal } from '../../sessions/connection.ts';
import { OutgoingFiles } from './outgoing-files.ts';
import type { UploadedFile } from './upload-file.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

const fileOf = (id: number): MediaFile => ({
  mediaId: mediaId(id),
  spoolName: `file${id}`,
  kind: 'image',
  mimetype: 'image/jpeg',
  fileName: '',
  bytes: 5,
});

/** A shelf that outlives its users, and a WhatsApp that takes files, or not. */
function world() {
  const clock = new ManualClock();
  const kept = new Map<MediaId, Buffer>();
  const uploads: string[] = [];
  const state = { fail: null as Error | null, until: Promise.resolve() };
  const open = (): OutgoingFiles =>
    new OutgoingFiles({
      serviceId: serviceId(1),
      clock,
      shelf: {
        pathOf: ({ spoolName }) => Promise.resolve(`/spool/${spoolName}`),
        describe: () => Promise.resolve({ width: 3 }),
        findUploaded: (_service, id) => Promise.resolve(kept.get(id) ?? null),
        keepUploaded(_service, id, bytes) {
          kept.set(id, bytes);
          return Promise.resolve();
        },
      },
      async upload(path): Promise<UploadedFile> {
        uploads.push(path);
        await state.until;
        if (state.fail !== null) throw state.fail;
        return {
          url: 'https://mmg.whatsapp.net/v/1',
          directPath: `/v/${uploads.length}`,
          mediaKey: Buffer.alloc(32),
          fileEncSha256: Buffer.alloc(32),
          fileSha256: Buffer.alloc(32),
          fileLength: 5,
        };
      },
    });
  return { clock, uploads, state, open };
}

const placeOf = async (files: OutgoingFiles, id = 1): Promise<string | null | undefined> =>
  (await files.messageOf(fileOf(id))).imageMessage?.directPath;

const reasonOf = (reason: string, isTemporary: boolean) => (error: unknown) =>
  error instanceof SendRefusal && error.reason === reason && error.isTemporary === isTemporary;

test('a file is uploaded once: for many at once, later, and after a restart', async () => {
  const { uploads, open } = world();
  const files = open();
  const places = await Promise.all([placeOf(files), placeOf(files), placeOf(files)]);
  assert.deepEqual(places, ['/v/1', '/v/1', '/v/1']);
  assert.equal(await placeOf(files), '/v/1');
  assert.equal(await placeOf(open()), '/v/1');
  assert.deepEqual(uploads, ['/spool/file1']);
});

test('after ten days it is uploaded anew, or the old place is used when the file is gone', async () => {
  const { clock, uploads, state, open } = world();
  const files = open();
  await placeOf(files);
  clock.advance(10 * DAY_MS);
  assert.equal(await placeOf(files), '/v/2');
  clock.advance(10 * DAY_MS);
  state.fail = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  assert.equal(await placeOf(files), '/v/2');
  assert.equal(uploads.length, 3);
});

test('a failed upload is temporary and tried anew; a file that is gone is not', async () => {
  const { state, open } = world();
  const files = open();
  state.fail = new Error('all hosts refused');
  await assert.rejects(placeOf(files), reasonOf('upload_failed', true));
  state.fail = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  await assert.rejects(placeOf(files), reasonOf('media_missing', false));
  state.fail = null;
  assert.equal(await placeOf(files), '/v/3');
});

test('two uploads at a time, and a failure makes room', async () => {
  const { state, uploads, open } = world();
  const hold = Promise.withResolvers<void>();
  state.until = hold.promise;
  const files = open();
  const all = Promise.allSettled([1, 2, 3, 4].map((id) => placeOf(files, id)));
  await waitUntil('two uploads', () => uploads.length === 2);
  state.fail = new Error('all hosts refused');
  hold.resolve();
  assert.equal((await all).length, 4);
  assert.equal(uploads.length, 4);
});
