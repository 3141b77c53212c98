import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import {
  acceptedMessage,
  openTestDatabase,
  storeService,
} from '../../test/harness/stored-service.ts';
import type { MediaId } from '../domain/ids.ts';
import type { MessageState } from '../domain/message-state.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLog } from '../runtime/log.ts';
import { systemRandom } from '../runtime/random.ts';
import { createSharedFiles } from '../storage/files/shared-files.ts';
import { insertLinkedMedia, insertUploadedMedia } from '../storage/media/insert-media.ts';
import { insertMessages } from '../storage/messages/insert-messages.ts';
import { openSpool } from './spool.ts';
import { sweep } from './sweeper.ts';

const HOUR_MS = 60 * 60 * 1000;
const opened = await openTestDatabase();
const { database } = opened;
const directory = mkdtempSync(join(tmpdir(), 'sweeper-'));
const spool = await openSpool(directory, systemRandom);
const sharedFiles = createSharedFiles(database, randomBytes(32));
const service = await storeService(database);
after(async () => {
  await opened[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

const hoursAgo = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);

/** A file in the spool that was written so long ago. @returns its name */
async function spoolFile(hours: number): Promise<string> {
  const { name } = await spool.take(Readable.from([Buffer.from('x')]));
  await sharedFiles.keep(name, spool.pathOf(name));
  await database.query
    .updateTable('shared_files')
    .set({ created_at: hoursAgo(hours) })
    .where('name', '=', name)
    .execute();
  utimesSync(spool.pathOf(name), hoursAgo(hours), hoursAgo(hours));
  return name;
}

/** An upload as old as its messages, which stand so. @returns its name in the spool */
async function upload(states: MessageState[], hours: number, answeredHours = hours) {
  const spoolName = await spoolFile(hours);
  const look = { kind: 'document', mimetype: 'text/plain', fileName: 'a.txt', bytes: 1 } as const;
  const id = await insertUploadedMedia(database, service, { spoolName, ...look });
  await age(id, hours);
  for (const state of states) {
    const content = { kind: 'media', text: '', mediaId: id, isFetched: true } as const;
    const accepted = { ...acceptedMessage(service, ''), content };
    const [message] = await insertMessages(database.pool, [accepted]);
    assert.ok(message !== undefined);
    await database.query
      .updateTable('messages')
      .set({
        state,
        accepted_at: hoursAgo(hours),
        server_at: state === 'server' ? hoursAgo(answeredHours) : null,
      })
      .where('id', '=', message)
      .execute();
  }
  return {
    id,
    isThere: () => existsSync(spool.pathOf(spoolName)),
    isShared: () => isShared(spoolName),
  };
}

/** Whether other processes can have the file. */
async function isShared(spoolName: string): Promise<boolean> {
  const elsewhere = join(directory, 'elsewhere');
  const isBrought = await sharedFiles.bring(spoolName, elsewhere);
  rmSync(elsewhere, { force: true });
  return isBrought;
}

async function age(id: MediaId, hours: number): Promise<void> {
  await database.query
    .updateTable('media')
    .set({ created_at: hoursAgo(hours) })
    .where('id', '=', id)
    .execute();
}

const sweepNow = (): Promise<void> =>
  sweep({ database, spool, sharedFiles, clock: systemClock, log: createLog('silent') });

test('a file goes a day after no message needs it any more, and not before', async () => {
  const kept = {
    fresh: await upload(['server'], 23),
    waiting: await upload(['accepted'], 1000),
    sending: await upload(['read', 'sending'], 1000),
    'being fetched': await upload(['fetching', 'failed'], 1000),
    'answered an hour ago': await upload(['server'], 1000, 1),
  };
  const removed = {
    answered: await upload(['server', 'read', 'phone'], 25),
    ended: await upload(['failed', 'cancelled', 'expired'], 25),
    'of no message': await upload([], 25),
  };
  await sweepNow();
  for (const [name, file] of Object.entries(kept)) {
    assert.deepEqual([file.isThere(), await file.isShared()], [true, true], name);
  }
  for (const [name, file] of Object.entries(removed)) {
    assert.deepEqual([file.isThere(), await file.isShared()], [false, false], name);
  }
  const left = await database.query
    .selectFrom('media')
    .select(['id', 'state'])
    .where(
      'id',
      'in',
      Object.values(removed).map(({ id }) => id),
    )
    .execute();
  assert.deepEqual(
    left.map(({ state }) => state),
    ['removed', 'removed'],
  );
});

test('files without a row and links without a message go after a day', async () => {
  const [old, young] = [await spoolFile(25), await spoolFile(23)];
  const link = await insertLinkedMedia(database, service, 'https://example.com/');
  const fresh = await insertLinkedMedia(database, service, 'https://example.com/');
  await age(link, 25);
  await sweepNow();
  assert.equal(existsSync(spool.pathOf(old)), false);
  assert.equal(existsSync(spool.pathOf(young)), true);
  assert.deepEqual([await isShared(old), await isShared(young)], [false, true]);
  const rows = await database.query.selectFrom('media').select('id').execute();
  assert.ok(rows.some(({ id }) => id === fresh));
  assert.ok(!rows.some(({ id }) => id === link));
});
