import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import {
  acceptedMessage,
  openTestDatabase,
  storeService,
} from '../../test/harness/stored-service.ts';
import { waitUntil } from '../../test/harness/wait-until.ts';
import type { MediaId, ServiceId } from '../domain/ids.ts';
import { createLog } from '../runtime/log.ts';
import { openOutgoing } from '../runtime/outgoing/outgoing.ts';
import { systemRandom } from '../runtime/random.ts';
import { ownDiskOnly } from '../storage/files/shared-files.ts';
import { claimLink } from '../storage/media/claim-fetch.ts';
import { insertLinkedMedia } from '../storage/media/insert-media.ts';
import { insertMessages } from '../storage/messages/insert-messages.ts';
import { FETCH_LIMITS } from './fetch-link.ts';
import { Fetcher } from './fetcher.ts';
import { openSpool } from './spool.ts';

const opened = await openTestDatabase();
const { database } = opened;
const directory = mkdtempSync(join(tmpdir(), 'fetcher-'));
const spool = await openSpool(directory, systemRandom);
const outgoing = openOutgoing({ allowPrivate: true });

/** What is asked for and not answered, by path. */
const hanging: { readonly path: string; readonly response: ServerResponse }[] = [];
const asked: string[] = [];
const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.push(path);
  if (path.startsWith('/hangs')) hanging.push({ path, response });
  else if (path.startsWith('/busy')) response.writeHead(503).end();
  else response.end('a file');
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(async () => {
  server.closeAllConnections();
  server.close();
  await outgoing.close();
  await opened[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

let fetcher: Fetcher;
const ready: ServiceId[] = [];
function startFetcher(): Fetcher {
  const started = new Fetcher({
    database,
    spool,
    sharedFiles: ownDiskOnly,
    outgoing,
    clock: new ManualClock(),
    log: createLog('silent'),
    limits: FETCH_LIMITS,
  });
  started.start((serviceId) => ready.push(serviceId));
  return started;
}
beforeEach(async () => {
  await database.query.deleteFrom('messages').execute();
  await database.query.deleteFrom('media').execute();
  for (const list of [asked, hanging, ready]) list.length = 0;
  fetcher = startFetcher();
});
afterEach(async () => {
  await fetcher.stop();
});

/** Keeps a link, and a message that waits for it. */
async function keepLink(serviceId: ServiceId, path: string): Promise<MediaId> {
  const id = await insertLinkedMedia(database, serviceId, base + path);
  await keepMessage(serviceId, id);
  return id;
}

async function keepMessage(serviceId: ServiceId, mediaId: MediaId): Promise<void> {
  const content = { kind: 'media', text: '', mediaId, isFetched: false } as const;
  await insertMessages(database.pool, [{ ...acceptedMessage(serviceId, ''), content }]);
}

/** How a file and its messages stand: `ready: ready`, ... */
async function standingOf(id: MediaId): Promise<string> {
  const rows = await database.query
    .selectFrom('media')
    .leftJoin('messages', 'messages.media_id', 'media.id')
    .select(['media.state', 'messages.state as messageState', 'messages.failure'])
    .where('media.id', '=', id)
    .execute();
  const messages = rows.map((row) => [row.messageState, row.failure].filter(Boolean).join(' '));
  return `${rows[0]?.state}: ${messages.join(', ')}`;
}

const waitForStanding = (id: MediaId, standing: string): Promise<unknown> =>
  waitUntil(`the file to be ${standing}`, async () => (await standingOf(id)) === standing);

/** As if the time had come at which every link is tried again. */
async function comeDue(): Promise<void> {
  await database.query
    .updateTable('media')
    .set({ next_try_at: new Date(0) })
    .execute();
  fetcher.wake();
}

test('a file is fetched for all its messages, and their sender is told', async () => {
  const service = await storeService(database);
  const id = await insertLinkedMedia(database, service, `${base}/photo.jpg`);
  await keepMessage(service, id);
  await keepMessage(service, id);
  fetcher.wake();
  await waitForStanding(id, 'ready: ready, ready');
  await waitUntil('the sender to be told', () => ready.length === 1);
  assert.deepEqual(ready, [service]);
  const file = await database.query
    .selectFrom('media')
    .select(['file_name', 'bytes', 'kind'])
    .executeTakeFirstOrThrow();
  assert.deepEqual(file, { file_name: 'photo.jpg', bytes: 6, kind: 'image' });
});

test('a link is not fetched before a message waits for it', async () => {
  const service = await storeService(database);
  const early = await insertLinkedMedia(database, service, `${base}/early`);
  const other = await keepLink(service, '/other');
  fetcher.wake();
  await waitForStanding(other, 'ready: ready');
  assert.equal(await standingOf(early), 'fetching: ');
  assert.deepEqual(asked, ['/other']);
  await keepMessage(service, early);
  fetcher.wake();
  await waitForStanding(early, 'ready: ready');
});

test('a service whose links hang stops no other, and has no more than its share', async () => {
  const [slow, quick] = [await storeService(database), await storeService(database)];
  for (let count = 0; count < 10; count += 1) await keepLink(slow, `/hangs${count}`);
  fetcher.wake();
  await waitUntil('two to hang', () => hanging.length === 2);
  const ids: MediaId[] = [];
  for (let count = 0; count < 10; count += 1) ids.push(await keepLink(quick, `/ok${count}`));
  fetcher.wake();
  for (const id of ids) await waitForStanding(id, 'ready: ready');
  assert.equal(hanging.length, 2);
  hanging[0]?.response.end('a file');
  await waitUntil('the next one to hang', () => hanging.length === 3);
});

test('what fails for a while is tried five times, and then fails with the reason', async () => {
  const service = await storeService(database);
  const id = await keepLink(service, '/busy');
  fetcher.wake();
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    await waitUntil(`attempt ${attempt} to fail`, async () => {
      const row = await database.query
        .selectFrom('media')
        .select(['attempts', 'next_try_at'])
        .executeTakeFirstOrThrow();
      // The claim lasts 75 s; what is tried again is due within 27.
      const isPostponed = row.next_try_at.getTime() < Date.now() + 30_000;
      return row.attempts === attempt && isPostponed;
    });
    assert.equal(asked.length, attempt);
    await comeDue();
  }
  await waitForStanding(id, 'failed: failed link_unreachable');
  assert.equal(asked.length, 5);
});

test('a link whose process died is fetched when its claim has run out', async () => {
  const service = await storeService(database);
  const id = await keepLink(service, '/ok');
  assert.equal((await claimLink(database.pool, [], 60_000))?.id, id);
  fetcher.wake();
  const other = await keepLink(service, '/other');
  fetcher.wake();
  await waitForStanding(other, 'ready: ready');
  assert.equal(await standingOf(id), 'fetching: fetching');
  await comeDue();
  await waitForStanding(id, 'ready: ready');
});

test('two processes never fetch the same link', async () => {
  const service = await storeService(database);
  const ids: MediaId[] = [];
  for (let count = 0; count < 20; count += 1) ids.push(await keepLink(service, `/ok${count}`));
  const second = startFetcher();
  fetcher.wake();
  for (const id of ids) await waitForStanding(id, 'ready: ready');
  await second.stop();
  assert.equal(new Set(asked).size, 20);
  assert.equal(asked.length, 20);
});

test('who stops gives its links back at once', async () => {
  const service = await storeService(database);
  const id = await keepLink(service, '/hangs');
  fetcher.wake();
  await waitUntil('the link to be fetched', () => hanging.length === 1);
  await fetcher.stop();
  const claimed = await claimLink(database.pool, [], 1000);
  assert.deepEqual([claimed?.id, claimed?.attempts], [id, 1]);
});

test('a message that was cancelled meanwhile stays so', async () => {
  const service = await storeService(database);
  const id = await keepLink(service, '/hangs');
  fetcher.wake();
  await waitUntil('the link to be fetched', () => hanging.length === 1);
  await database.query.updateTable('messages').set({ state: 'cancelled' }).execute();
  hanging[0]?.response.end('a file');
  await waitForStanding(id, 'ready: cancelled');
});
