import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { after, test } from 'node:test';
import { createTestDatabase } from '../../../test/harness/database.ts';
import { waitUntil } from '../../../test/harness/wait-until.ts';
import { openDatabase } from '../database.ts';
import { createSharedFiles, ownDiskOnly } from './shared-files.ts';

const MB = 1024 * 1024;
const made = await createTestDatabase();
const masterKey = randomBytes(32);
const folder = mkdtempSync(join(tmpdir(), 'shared-files-'));
const [here, there] = [openDatabase(made.url, () => {}), openDatabase(made.url, () => {})];
const ours = createSharedFiles(here, masterKey);
const theirs = createSharedFiles(there, masterKey);
after(async () => {
  await here.close();
  await there.close();
  await made.drop();
  rmSync(folder, { recursive: true });
});

/** A file on our disk that is shared, unless told otherwise. */
async function makeFile(bytes: number | Buffer, isShared = true) {
  const content = typeof bytes === 'number' ? randomBytes(bytes) : bytes;
  const name = randomBytes(16).toString('hex');
  const path = join(folder, name);
  writeFileSync(path, content);
  if (isShared) await ours.keep(name, path);
  return { name, path, content, elsewhere: join(folder, 'elsewhere', name.slice(0, 2), name) };
}

async function countRows(name: string): Promise<number[]> {
  const { rows } = await here.pool.query<{ files: number; pieces: number }>(
    `SELECT (SELECT count(*) FROM shared_files WHERE name = $1) AS files,
            (SELECT count(*) FROM shared_file_pieces WHERE name = $1) AS pieces`,
    [name],
  );
  return rows.flatMap(({ files, pieces }) => [files, pieces]);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

for (const bytes of [0, 1, MB / 4, MB, 5 * MB + 1]) {
  test(`a file of ${bytes} bytes arrives at another process as it was`, async () => {
    const { name, content, elsewhere } = await makeFile(bytes);
    assert.equal(await theirs.bring(name, elsewhere), true);
    assert.ok(readFileSync(elsewhere).equals(content));
    assert.deepEqual(await countRows(name), [1, Math.ceil((bytes * 4) / MB)]);
  });
}

test('what is on the disk is not asked for, and what is nowhere is not there', async () => {
  const { name, path } = await makeFile(1, false);
  assert.equal(await theirs.bring(name, path), true);
  assert.equal(await theirs.bring(name, join(folder, 'nowhere')), false);
  assert.equal(existsSync(join(folder, 'nowhere')), false);
  assert.equal(await ownDiskOnly.bring(name, path), true);
  assert.equal(await ownDiskOnly.bring(name, join(folder, 'nowhere')), false);
});

test('many who want the same file at once get it whole', async () => {
  const { name, content, elsewhere } = await makeFile(3 * MB);
  const places = [elsewhere, elsewhere, elsewhere, `${elsewhere}-2`, `${elsewhere}-3`];
  const brought = await Promise.all(places.map((place) => theirs.bring(name, place)));
  assert.deepEqual(brought, [true, true, true, true, true]);
  for (const place of places) assert.ok(readFileSync(place).equals(content));
});

test('what can not be read to its end is not kept', async () => {
  const name = randomBytes(16).toString('hex');
  await assert.rejects(ours.keep(name, join(folder, 'not there')), { code: 'ENOENT' });
  assert.deepEqual(await countRows(name), [0, 0]);
  await assert.rejects(ours.keep(name, folder), { code: 'EISDIR' });
  assert.deepEqual(await countRows(name), [0, 0], 'neither the file nor a piece');
});

test('a process that dies while it keeps a file leaves nothing', async () => {
  const database = openDatabase(made.url, () => undefined);
  const { name, path } = await makeFile(20 * MB, false);
  const dying = createSharedFiles(database, masterKey).keep(name, path);
  dying.catch(() => undefined);
  await waitUntil('the pieces to flow', async () => {
    const { rowCount } = await here.pool.query(`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND query LIKE '%INSERT INTO shared_file_pieces%'
        AND pid <> pg_backend_pid()`);
    return rowCount === 1;
  });
  await assert.rejects(dying);
  assert.deepEqual(await countRows(name), [0, 0]);
  assert.equal(await theirs.bring(name, join(folder, 'nowhere')), false);
  await database.close();
});

test('a file that is swept while it is read leaves nothing on the disk', async () => {
  const { name, elsewhere } = await makeFile(10 * MB);
  const reading = theirs.bring(name, elsewhere);
  reading.catch(() => undefined);
  await here.pool.query('DELETE FROM shared_file_pieces WHERE name = $1 AND number = 39', [name]);
  await assert.rejects(reading, /swept/);
  assert.equal(existsSync(elsewhere), false);
  assert.equal(existsSync(`${elsewhere}.part`), false);
  assert.equal(await theirs.bring(name, elsewhere).catch(() => 'refused'), 'refused');
});

test('a dump holds nothing of a file, and no piece can be moved, changed or left out', async () => {
  const secret = Buffer.alloc(MB, 'a very private picture ');
  const { name, elsewhere } = await makeFile(secret);
  const { rows } = await here.pool.query<{ sealed: Buffer }>(
    'SELECT sealed FROM shared_file_pieces WHERE name = $1',
    [name],
  );
  assert.equal(rows.length, 4);
  for (const { sealed } of rows) assert.ok(!sealed.includes('private'));
  const stranger = createSharedFiles(there, randomBytes(32));
  await assert.rejects(stranger.bring(name, elsewhere));

  const attempts = [
    'UPDATE shared_file_pieces SET number = -number - 1 WHERE name = $1 AND number < 2; ',
    'UPDATE shared_files SET bytes = bytes - 262144 WHERE name = $1',
    'UPDATE shared_file_pieces SET sealed = set_byte(sealed, 99, 99) WHERE name = $1',
  ];
  const other = await makeFile(secret);
  await here.pool.query(
    `UPDATE shared_file_pieces p SET sealed = o.sealed FROM shared_file_pieces o
     WHERE p.name = $1 AND o.name = $2 AND p.number = o.number`,
    [other.name, name],
  );
  await assert.rejects(theirs.bring(other.name, other.elsewhere), 'pieces of another file');
  for (const attempt of attempts) {
    const file = await makeFile(secret);
    await here.pool.query(attempt, [file.name]);
    await assert.rejects(theirs.bring(file.name, file.elsewhere), attempt);
    assert.equal(existsSync(file.elsewhere), false);
  }
});

test('only what no row has needed for a while is swept', async () => {
  const [young, old] = [await makeFile(1), await makeFile(MB)];
  await here.pool.query(`UPDATE shared_files SET created_at = now() - interval '2 days'
    WHERE name = '${old.name}'`);
  await Promise.all([ours.sweep(86_400_000), theirs.sweep(86_400_000)]);
  assert.deepEqual(await countRows(young.name), [1, 1]);
  assert.deepEqual(await countRows(old.name), [0, 0]);
});

test('memory holds a few pieces, not the file', async () => {
  const name = randomBytes(16).toString('hex');
  const path = join(folder, name);
  writeFileSync(path, '');
  truncateSync(path, 100 * MB);
  const startBytes = process.memoryUsage().rss;
  let mostBytes = 0;
  const watch = setInterval(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage().rss);
  }, 5);
  await ours.keep(name, path);
  await theirs.bring(name, `${path}-brought`);
  clearInterval(watch);
  assert.equal(await hashOf(`${path}-brought`), await hashOf(path));
  const grownMb = (mostBytes - startBytes) / MB;
  assert.ok(grownMb < 60, `it grew by ${grownMb} MB`);
  assert.deepEqual(
    readdirSync(folder).filter((one) => one.endsWith('.part')),
    [],
  );
});
