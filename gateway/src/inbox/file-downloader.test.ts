import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { leaseOf, openTestDatabase, storeService } from '../../test/harness/stored-service.ts';
import { waitUntil } from '../../test/harness/wait-until.ts';
import { whatsAppId as whatsAppIdOf, type ServiceId } from '../domain/ids.ts';
import type { DownloadResult } from '../domain/media.ts';
import { createLog } from '../runtime/log.ts';
import { systemRandom } from '../runtime/random.ts';
import { ownDiskOnly } from '../storage/files/shared-files.ts';
import { findReceivedFile } from '../storage/received/find-received-file.ts';
import { insertReceived } from '../storage/received/insert-received.ts';
import {
  retryReceivedFile,
  type ReceivedFileKey,
} from '../storage/received/record-received-file.ts';
import { FileDownloader, type FileSource } from './file-downloader.ts';
import { openReceivedFiles } from './received-files.ts';
import { ReceivedSweeper } from './received-sweeper.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { database } = opened;
const folder = mkdtempSync(join(tmpdir(), 'received-'));
after(() => {
  rmSync(folder, { recursive: true });
});
const files = openReceivedFiles(folder, randomBytes(32), ownDiskOnly);

/** A WhatsApp that answers downloads in this order, and notes with what it was asked. */
function sourceOf(
  answers: (DownloadResult | 'file')[],
  renewed: Buffer | null = null,
): FileSource & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    download(_mode, source, path) {
      asked.push(`download ${source.toString()}`);
      const answer = answers.shift() ?? { failure: 'unreachable' as const };
      if (answer !== 'file') return Promise.resolve(answer);
      writeFileSync(path, source);
      return Promise.resolve({ bytes: source.length });
    },
    askForFile(_serviceId, source) {
      asked.push(`ask for ${source.toString()}`);
      return Promise.resolve(renewed);
    },
  };
}

function start(source: FileSource, clock = new ManualClock()) {
  const downloader = new FileDownloader({
    database,
    files,
    source,
    bytesMax: 1000,
    clock,
    random: systemRandom,
    log: createLog('silent'),
  });
  downloader.start();
  return { downloader, clock, [Symbol.asyncDispose]: () => downloader.stop(1000) };
}

let lastId = 0;

/** A message with a file has come in. */
async function receive(serviceId: ServiceId): Promise<ReceivedFileKey> {
  const whatsAppId = `3EB0${(lastId += 1)}`;
  const source = files.seal(serviceId, whatsAppId, Buffer.from('place'));
  const { fileCount } = await insertReceived(database.pool, [
    {
      lease: leaseOf(serviceId),
      whatsAppId,
      groupId: '',
      fromPhone: '447400000002',
      fromLid: null,
      type: 'file',
      text: '',
      sentAtMs: 0,
      file: { source, mimetype: 'image/jpeg', fileName: '', bytes: 5 },
    },
  ]);
  assert.equal(fileCount, 1);
  const { id } = await database.query
    .selectFrom('received_messages')
    .select('id')
    .where('whatsapp_id', '=', whatsAppIdOf(whatsAppId))
    .executeTakeFirstOrThrow();
  return { serviceId, messageId: id };
}

/** Lets the time of the next try come. */
async function letTryComeDue({ serviceId, messageId }: ReceivedFileKey): Promise<void> {
  await database.query
    .updateTable('received_media')
    .set({ next_try_at: new Date(0), failure: null })
    .where('service_id', '=', serviceId)
    .where('message_id', '=', messageId)
    .execute();
}

const waitFor = (key: ReceivedFileKey, state: string) =>
  waitUntil(`the file to be ${state}`, async () => {
    const file = await findReceivedFile(database, key);
    return file?.state === state ? file : null;
  });

const waitForFailure = (key: ReceivedFileKey) =>
  waitUntil('the try to fail', async () => (await findReceivedFile(database, key))?.failure);

test('a file is fetched once, and its row says where it is', async () => {
  const source = sourceOf(['file']);
  const key = await receive(await storeService(database));
  await using running = start(source);
  const { spoolName, bytes } = await waitFor(key, 'stored');
  assert.equal(bytes, 5);
  assert.equal(readFileSync(files.pathOf(spoolName ?? ''), 'utf8'), 'place');
  running.downloader.wake();
  await running.downloader.stop(1000);
  assert.deepEqual(source.asked, ['download place']);
});

test('five tries, then it is given up, and begun anew when somebody asks', async () => {
  const tries = Array.from({ length: 5 }, () => ({ failure: 'unreachable' as const }));
  const source = sourceOf([...tries, 'file']);
  const key = await receive(await storeService(database));
  await using running = start(source);
  for (let count = 1; count <= 4; count += 1) {
    await waitUntil(`try ${count}`, () => source.asked.length === count);
    await waitForFailure(key);
    await letTryComeDue(key);
    await waitUntil('the next try', () => {
      running.clock.advance(5000);
      return source.asked.length === count + 1;
    });
  }
  assert.equal((await waitFor(key, 'failed')).failure, 'unreachable');
  assert.equal(source.asked.length, 5);
  await retryReceivedFile(database, key);
  running.downloader.wake();
  await waitFor(key, 'stored');
});

test('what is too long or elsewhere is not tried again', async () => {
  for (const failure of ['too_large', 'refused'] as const) {
    const source = sourceOf([{ failure }]);
    const key = await receive(await storeService(database));
    await using running = start(source);
    assert.equal((await waitFor(key, 'failed')).failure, failure);
    assert.equal(source.asked.length, 1);
    assert.ok(running);
  }
});

test('what WhatsApp does not keep any more is asked for at the sender’s phone', async () => {
  const source = sourceOf([{ failure: 'gone' }, 'file'], Buffer.from('new place'));
  const key = await receive(await storeService(database));
  await using running = start(source);
  const { spoolName } = await waitUntil('the second try', async () => {
    running.clock.advance(5000);
    const file = await findReceivedFile(database, key);
    return file?.state === 'stored' ? file : null;
  });
  assert.equal(readFileSync(files.pathOf(spoolName ?? ''), 'utf8'), 'new place');
  assert.deepEqual(source.asked, ['download place', 'ask for place', 'download new place']);
});

test('a download that a crash interrupted is taken up when its lease is over', async () => {
  const key = await receive(await storeService(database));
  const dead = sourceOf([]);
  dead.download = () => new Promise(() => undefined);
  // It died: nobody stops it.
  start(dead);
  await waitUntil('the download to begin', async () => {
    const rows = await database.query
      .selectFrom('received_media')
      .select('attempts')
      .where('message_id', '=', key.messageId)
      .where('attempts', '=', 1)
      .execute();
    return rows.length === 1;
  });
  const source = sourceOf(['file']);
  await using second = start(source);
  await second.downloader.stop(1000);
  assert.deepEqual(source.asked, [], 'not while it may be under way');
  await letTryComeDue(key);
  await using third = start(source);
  await waitFor(key, 'stored');
  assert.ok(third);
});

test('old files go, the messages stay; what belongs to nobody goes', async () => {
  const serviceId = await storeService(database);
  const [old, young] = [await receive(serviceId), await receive(serviceId)];
  await using running = start(sourceOf(['file', 'file']));
  const oldFile = await waitFor(old, 'stored');
  const youngFile = await waitFor(young, 'stored');
  await database.query
    .updateTable('received_media')
    .set({ created_at: new Date(0) })
    .where('message_id', '=', old.messageId)
    .execute();
  const sweeper = new ReceivedSweeper({
    database,
    files,
    keptDays: 30,
    clock: running.clock,
    log: createLog('silent'),
  });
  sweeper.start();
  const longAgo = new Date(running.clock.now() - 86_400_000);
  writeFileSync(files.pathOf('left-over'), '');
  writeFileSync(files.pathOf('begun-just-now'), '');
  for (const name of ['left-over', youngFile.spoolName ?? '']) {
    utimesSync(files.pathOf(name), longAgo, longAgo);
  }
  running.clock.advance(60_000);
  await sweeper.stop();
  assert.ok(!existsSync(files.pathOf('left-over')));
  assert.equal((await findReceivedFile(database, old))?.state, 'removed');
  assert.ok(!existsSync(files.pathOf(oldFile.spoolName ?? '')));
  assert.ok(existsSync(files.pathOf(youngFile.spoolName ?? '')));
  assert.ok(existsSync(files.pathOf('begun-just-now')));
});

test('what it takes to fetch a file is of no use in a dump, nor to another service', () => {
  const [one, two] = [1, 2] as ServiceId[];
  const sealed = files.seal(one ?? fail(), 'A', Buffer.from('a media key'));
  assert.ok(!sealed.includes('a media key'));
  assert.equal(files.open(one ?? fail(), 'A', sealed).toString(), 'a media key');
  assert.throws(() => files.open(two ?? fail(), 'A', sealed));
  assert.throws(() => files.open(one ?? fail(), 'B', sealed));
});

function fail(): never {
  throw new Error('the test expected one more');
}
