import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { Problem } from '../domain/errors.ts';
import { systemRandom } from '../runtime/random.ts';
import { openSpool, type SpoolFileHandle } from './spool.ts';

const directory = mkdtempSync(join(tmpdir(), 'spool-'));
beforeEach(() => {
  rmSync(directory, { recursive: true });
});
after(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) {
    await Promise.resolve();
    yield Buffer.from(text);
  }
}

/** The files in the spool, by their path. */
function files(): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test('a file is taken, found and removed', async () => {
  const spool = await openSpool(directory, systemRandom);
  const file = await spool.take(pieces('hel', 'lo'));
  assert.match(file.name, /^[0-9a-f]{32}$/);
  assert.equal(file.bytes, 5);
  assert.equal(file.head.toString(), 'hello');
  const path = join(directory, file.name.slice(0, 2), file.name);
  assert.equal(spool.pathOf(file.name), path);
  assert.equal(readFileSync(path, 'utf8'), 'hello');
  await spool.remove(file.name);
  await spool.remove(file.name);
  assert.deepEqual(files(), []);
});

test('its bytes are on the disk before it has its name, and its name before it is answered', async () => {
  const steps: string[] = [];
  const spool = await openSpool(directory, systemRandom, async (path) => {
    const handle = await open(path, 'wx');
    return {
      write: (bytes) => handle.write(bytes),
      async sync() {
        steps.push(`synced as ${files().join()}`);
        await handle.sync();
      },
      close: () => handle.close(),
    };
  });
  const { name } = await spool.take(pieces('hello'));
  assert.deepEqual(steps, [`synced as ${name}.part`]);
  assert.deepEqual(files(), [name]);
});

test('nothing is left of a file that is too long, or whose source breaks off', async () => {
  const spool = await openSpool(directory, systemRandom);
  await assert.rejects(
    spool.take(pieces('12345', '6'), 5),
    (error) => error instanceof Problem && error.code === 'media_too_large',
  );
  async function* broken(): AsyncGenerator<Buffer> {
    yield* pieces('hel');
    throw new Error('the caller hung up');
  }
  await assert.rejects(spool.take(broken()), /hung up/);
  assert.deepEqual(files(), []);
  assert.equal((await spool.take(pieces('12345'), 5)).bytes, 5);
});

test('a full disk is told as such, at whatever step, and leaves nothing', async () => {
  let room = 0;
  let fullAt: 'open' | 'write' | 'sync' | null = null;
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const spool = await openSpool(directory, systemRandom, async (path): Promise<SpoolFileHandle> => {
    if (fullAt === 'open') throw full;
    const handle = await open(path, 'wx');
    return {
      async write(bytes) {
        const taken = fullAt === 'write' ? Math.min(room, bytes.length) : bytes.length;
        if (taken === 0) throw full;
        room -= taken;
        return await handle.write(bytes.subarray(0, taken));
      },
      async sync() {
        if (fullAt === 'sync') throw full;
        await handle.sync();
      },
      close: () => handle.close(),
    };
  });
  for (const step of ['open', 'write', 'sync'] as const) {
    fullAt = step;
    room = 7;
    await assert.rejects(
      spool.take(pieces('hello', 'world')),
      (error) => error instanceof Problem && error.code === 'storage_full',
      step,
    );
    assert.deepEqual(files(), [], step);
  }
  fullAt = null;
  const { name } = await spool.take(pieces('hello', 'world'));
  assert.equal(readFileSync(spool.pathOf(name), 'utf8'), 'helloworld');
});

test('what an earlier process left half written is gone, what it finished is not', async () => {
  const { name } = await (await openSpool(directory, systemRandom)).take(pieces('hello'));
  mkdirSync(join(directory, 'ab'), { recursive: true });
  writeFileSync(join(directory, 'ab', `ab${'0'.repeat(30)}.part`), 'half');
  const spool = await openSpool(directory, systemRandom);
  assert.deepEqual(files(), [name]);
  assert.equal(readFileSync(spool.pathOf(name), 'utf8'), 'hello');
});

test('no name leads out of the spool', async () => {
  const spool = await openSpool(directory, systemRandom);
  for (const name of ['', '../../etc/passwd', 'ab/../..', 'A'.repeat(32), `${'a'.repeat(32)}\n`]) {
    assert.throws(() => spool.pathOf(name), /no name/, name);
  }
});

test('old files are listed', async () => {
  const spool = await openSpool(directory, systemRandom);
  const { name } = await spool.take(pieces('hello'));
  async function old(thanMs: number): Promise<string[]> {
    const names: string[] = [];
    for await (const found of spool.namesOlderThan(thanMs)) names.push(found);
    return names;
  }
  assert.deepEqual(await old(Date.now() + 60_000), [name]);
  assert.deepEqual(await old(Date.now() - 60_000), []);
});
