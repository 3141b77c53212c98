import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { openTestDatabase, storeService } from '../../test/harness/stored-service.ts';
import type { MediaFile } from '../domain/media.ts';
import { insertUploadedMedia } from '../storage/media/insert-media.ts';
import { createMediaShelf, type MediaShelfParts } from './media-shelf.ts';

const opened = await openTestDatabase();
const { database } = opened;
after(() => opened[Symbol.asyncDispose]());

let looks = 0;
const parts: MediaShelfParts = {
  database,
  spool: { pathOf: (name) => `/spool/${name}` },
  sharedFiles: { bring: () => Promise.resolve(true) },
  probe: {
    describe(path, kind) {
      looks += 1;
      return Promise.resolve({ width: `${path} ${kind}`.length });
    },
  },
  masterKey: randomBytes(32),
};

const LOOK = {
  spoolName: 'a'.repeat(32),
  kind: 'image',
  mimetype: 'image/jpeg',
  fileName: 'a.jpg',
  bytes: 1,
} as const;

test('a file is looked into once', async () => {
  const shelf = createMediaShelf(parts);
  const service = await storeService(database);
  const file: MediaFile = { mediaId: await insertUploadedMedia(database, service, LOOK), ...LOOK };
  assert.equal(await shelf.pathOf(file), `/spool/${LOOK.spoolName}`);
  const [one, two] = await Promise.all([shelf.describe(file), shelf.describe(file)]);
  assert.equal(one, two);
  assert.equal(looks, 1);
});

test('what is kept about an upload is sealed, and only its service can read it', async () => {
  const shelf = createMediaShelf(parts);
  const service = await storeService(database);
  const other = await storeService(database);
  const id = await insertUploadedMedia(database, service, LOOK);
  assert.equal(await shelf.findUploaded(service, id), null);
  const secret = Buffer.from('the key of a file');
  await shelf.keepUploaded(service, id, secret);
  assert.deepEqual(await shelf.findUploaded(service, id), secret);
  assert.equal(await shelf.findUploaded(other, id), null);
  const { uploaded } = await database.query
    .selectFrom('media')
    .select('uploaded')
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  assert.ok(uploaded !== null && !uploaded.includes(secret));
  const stranger = createMediaShelf({ ...parts, masterKey: randomBytes(32) });
  await assert.rejects(stranger.findUploaded(service, id));
});
