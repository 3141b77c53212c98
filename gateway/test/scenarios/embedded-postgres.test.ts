import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Client } from 'pg';
import { createLog } from '../../src/runtime/log.ts';
import { startEmbeddedPostgres } from '../../src/storage/embedded/embedded-postgres.ts';
import { userCan } from '../../src/storage/embedded/server-user.ts';
import {
  findServer,
  isRunning,
  killOwner,
  startOwner,
  stopOwner,
} from '../harness/postgres-owner.ts';
import { waitUntil } from '../harness/wait-until.ts';

// What must hold however the gateway, its PostgreSQL or both come to their end, with real processes
// and real kills. Only processes that are proven to be ours are killed.

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const log = createLog('silent');

const base = mkdtempSync(join(tmpdir(), 'postgres-'));
// PostgreSQL does not run as root, and whoever runs it then must get to its data.
chmodSync(base, 0o711);
after(() => rmSync(base, { recursive: true, force: true }));

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  // Cut connections are what some of these tests are about.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Starts and stops PostgreSQL in this process and returns the notes a test had written. */
async function reopen(dataDir: string): Promise<unknown[]> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  try {
    return await ask(postgres.connectionString, 'SELECT word FROM notes ORDER BY word');
  } finally {
    await postgres.close();
  }
}

async function write(url: string, word: string): Promise<void> {
  await ask(url, 'CREATE TABLE IF NOT EXISTS notes (word text)');
  await ask(url, `INSERT INTO notes VALUES ('${word}')`);
}

describe('kills', { skip: process.platform !== 'linux' }, () => {
  const dataDir = join(base, 'kills');
  const cluster = join(dataDir, 'postgres', 'cluster');
  const written: { word: string }[] = [];

  async function writeAndRemember(url: string, word: string): Promise<void> {
    await write(url, word);
    written.push({ word });
  }

  test('kill -9 of the owner: its server shuts down cleanly by itself', async () => {
    const owner = await startOwner(dataDir);
    await writeAndRemember(owner.connectionString, 'a');
    const { server, watchers } = findServer(owner, cluster);
    await killOwner(owner);
    await waitUntil('the server to end', () => ![server, ...watchers].some(isRunning));
    assert.ok(!existsSync(join(cluster, 'postmaster.pid')), 'a clean shutdown removes the file');
    assert.deepEqual(await reopen(dataDir), written);
  });

  test('kill -9 of the owner: a start at once waits for the old server', async () => {
    const owner = await startOwner(dataDir);
    await writeAndRemember(owner.connectionString, 'b');
    await killOwner(owner);
    assert.deepEqual(await reopen(dataDir), written);
  });

  test('kill -9 of the server: it is back at the same address', async () => {
    const owner = await startOwner(dataDir);
    const url = owner.connectionString;
    await writeAndRemember(url, 'c');
    const { server } = findServer(owner, cluster);
    process.kill(server, 'SIGKILL');
    const rows = await waitUntil('the next server', () => {
      assert.notEqual(findServer(owner, cluster).server, server);
      return ask(url, 'SELECT word FROM notes ORDER BY word');
    });
    assert.deepEqual(rows, written);
    await stopOwner(owner);
  });

  test('kill -9 of both', async () => {
    const owner = await startOwner(dataDir);
    await writeAndRemember(owner.connectionString, 'd');
    const { server, watchers } = findServer(owner, cluster);
    const killed = killOwner(owner);
    process.kill(server, 'SIGKILL');
    await killed;
    assert.deepEqual(await reopen(dataDir), written);
    await waitUntil('the watchers to end', () => !watchers.some(isRunning));
  });

  test('kill -9 of the owner and the watcher: the orphan is stopped by the next start', async () => {
    const owner = await startOwner(dataDir);
    await writeAndRemember(owner.connectionString, 'e');
    const { server, watchers } = findServer(owner, cluster);
    for (const watcher of watchers) process.kill(watcher, 'SIGKILL');
    await killOwner(owner);
    assert.ok(isRunning(server), 'nobody was left to stop it');
    assert.deepEqual(await reopen(dataDir), written);
    assert.ok(!isRunning(server));
  });

  test('a postmaster.pid that names a stranger is no obstacle, and the stranger lives', async () => {
    // Of the same user: PostgreSQL itself sees that another user's process can't be its own.
    const { uid, gid } = statSync(cluster);
    const stranger = spawn('/bin/cat', [], {
      uid,
      gid,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(stranger, 'spawn');
    const file = join(cluster, 'postmaster.pid');
    writeFileSync(file, `${stranger.pid}\n${cluster}\n1\n5432\n/tmp\n\n\n`);
    assert.deepEqual(await reopen(dataDir), written);
    assert.ok(isRunning(stranger.pid ?? 0));
    stranger.stdin.end();
    await once(stranger, 'exit');
  });

  test('a start that was killed while it made the cluster is no obstacle', async () => {
    const unfinished = join(base, 'unfinished');
    mkdirSync(join(unfinished, 'postgres', 'cluster.new', 'base'), { recursive: true });
    const postgres = await startEmbeddedPostgres({ dataDir: unfinished, log });
    await postgres.close();
  });
});

test('on a loopback port, as where there are no unix sockets', async () => {
  const dataDir = join(base, 'loopback');
  const postgres = await startEmbeddedPostgres({ dataDir, log, listenOn: 'loopback' });
  const { hostname, port, search } = new URL(postgres.connectionString);
  assert.deepEqual({ hostname, search }, { hostname: '127.0.0.1', search: '' });
  assert.ok(Number(port) > 0);
  await write(postgres.connectionString, 'kept');
  const shown = await ask(postgres.connectionString, 'SHOW unix_socket_directories');
  assert.deepEqual(shown, [{ unix_socket_directories: '' }]);
  await postgres.close();
  assert.deepEqual(await reopen(dataDir), [{ word: 'kept' }]);
});

describe('refusals', () => {
  const dataDir = join(base, 'refusals');
  const start = async (settings: Record<string, string> = {}) =>
    await startEmbeddedPostgres({ dataDir, log, settings });

  test('a second start on the same data', async () => {
    const postgres = await start();
    await assert.rejects(start(), /is already in use by another Tickwire \(process \d+\)/);
    await postgres.close();
  });

  test('a server that may lose what it confirmed', async () => {
    await assert.rejects(start({ fsync: 'off' }), /has fsync = off/);
    await assert.rejects(start({ full_page_writes: 'off' }), /has full_page_writes = off/);
    await assert.rejects(start({ synchronous_commit: 'off' }), /has synchronous_commit = off/);
  });

  test('a database that was told not to wait for the disk', async () => {
    const postgres = await start();
    await ask(
      postgres.connectionString,
      'ALTER ROLE tickwire IN DATABASE tickwire SET synchronous_commit = off',
    );
    await postgres.close();
    await assert.rejects(start(), /has synchronous_commit = off/);
  });

  test('a setting PostgreSQL refuses, with its words as the cause', async () => {
    await assert.rejects(start({ shared_buffers: 'plenty' }), ({ cause }: Error) =>
      /shared_buffers/.test(String(cause)),
    );
  });

  test('a cluster of another major version', async () => {
    const version = join(dataDir, 'postgres', 'cluster', 'PG_VERSION');
    writeFileSync(version, '17\n');
    await assert.rejects(
      start(),
      /was made by PostgreSQL 17, and this Tickwire runs PostgreSQL 18/,
    );
  });
});

describe('root', { skip: isRoot ? false : 'needs root' }, () => {
  test('root, under a folder closed to everybody else', async () => {
    const closed = mkdtempSync(join(base, 'closed-'));
    const dataDir = join(closed, 'data');
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    await write(postgres.connectionString, 'kept');
    await postgres.close();
    assert.deepEqual(await reopen(dataDir), [{ word: 'kept' }]);

    const elsewhere = readFileSync(join(dataDir, 'postgres.location'), 'utf8').trim();
    rmSync(elsewhere, { recursive: true });
    await assert.rejects(reopen(dataDir), /which is not there any more/);
  });
});

/** Only root can be others too, and they must get to this checkout. */
const othersCanRun =
  isRoot &&
  (await userCan(NOBODY, 'x', process.execPath)) &&
  (await userCan(NOBODY, 'r', import.meta.filename));

describe('others', { skip: othersCanRun ? false : 'needs root in an open checkout' }, () => {
  test('an ordinary user under a folder of its own, then root, then the user again', async () => {
    const home = mkdtempSync(join(base, 'home-'));
    chownSync(home, NOBODY.uid, NOBODY.gid);
    const dataDir = join(home, 'data');
    const owner = await startOwner(dataDir, NOBODY);
    await write(owner.connectionString, 'kept');
    await stopOwner(owner);
    assert.deepEqual(await reopen(dataDir), [{ word: 'kept' }]);
    await stopOwner(await startOwner(dataDir, NOBODY));
  });

  test('a user the system does not know is told what to do', async () => {
    const home = mkdtempSync(join(base, 'unknown-'));
    chownSync(home, 54_321, 54_321);
    const user = { uid: 54_321, gid: 54_321 };
    await assert.rejects(startOwner(join(home, 'data'), user), /no entry for it.*set DATABASE_URL/);
  });
});
