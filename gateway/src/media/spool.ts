import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Problem, toError } from '../domain/errors.ts';
import { MEDIA_BYTES_MAX } from '../domain/media.ts';
import type { Random } from '../runtime/random.ts';

/** What the spool needs of an open file. */
export interface SpoolFileHandle {
  write(bytes: Uint8Array): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that was taken in. */
export interface SpooledFile {
  readonly name: string;
  readonly bytes: number;
  /** Its first bytes, enough to tell what it is. */
  readonly head: Buffer;
}

/** Files on their way out or in, each under a random name of ours. */
export interface Spool {
  /**
   * Takes a file in. When it resolves, the file survives whatever dies; when it rejects, nothing of
   * it is left.
   * @param source its bytes, each piece good until the next is asked for; not read to their end when the file is refused
   * @throws Problem `media_too_large` or `storage_full`, and whatever the source throws
   */
  take(source: AsyncIterable<Uint8Array>, bytesMax?: number): Promise<SpooledFile>;
  /** The absolute path of a file. Throws for what is no name of a file in a spool. */
  pathOf(name: string): string;
  /** Removes a file; one that is not there is no error. */
  remove(name: string): Promise<void>;
  /** The names of the files that were last written before this time, in milliseconds since 1970. */
  namesOlderThan(atMs: number): AsyncIterable<string>;
}

const NAME = /^[0-9a-f]{32}$/;
const NAME_BYTES = 16;
const PART = '.part';
/** What `file-type` looks at when it knows nothing else. */
const HEAD_BYTES = 4100;
/** The disk, or this user's share of it, is full, or the file system takes no file so large. */
const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Opens the spool in a directory, making it when it is not there. What an earlier process left half
 * written is deleted.
 *
 * A file is written under its name and `.part`; it gets its name once its bytes are on the disk, and
 * counts as taken once that name is.
 * @param directory absolute
 * @param openFile opens a new file for writing; replaced where a test needs a full disk
 */
export async function openSpool(
  directory: string,
  random: Random,
  openFile: (path: string) => Promise<SpoolFileHandle> = (path) => open(path, 'wx', 0o600),
): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await removeParts(directory);

  function pathOf(name: string): string {
    if (!NAME.test(name)) throw new Error('this is no name of a file in the spool');
    return join(directory, name.slice(0, 2), name);
  }

  async function write(
    name: string,
    source: AsyncIterable<Uint8Array>,
    bytesMax: number,
  ): Promise<SpooledFile> {
    const path = pathOf(name);
    const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncDirectory(directory);
    const handle = await openFile(path + PART);
    try {
      const written = await pour(source, handle, bytesMax);
      await handle.sync();
      await rename(path + PART, path);
      await syncDirectory(dirname(path));
      return { name, ...written };
    } finally {
      await handle.close();
    }
  }

  return {
    pathOf,
    async take(source, bytesMax = MEDIA_BYTES_MAX) {
      const name = random.bytes(NAME_BYTES).toString('hex');
      try {
        return await write(name, source, bytesMax);
      } catch (error) {
        await rm(pathOf(name) + PART, { force: true });
        await rm(pathOf(name), { force: true });
        throw isFull(error) ? new Problem('storage_full') : error;
      }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    async *namesOlderThan(atMs) {
      for (const shelf of await readdir(directory)) {
        for (const name of await readdir(join(directory, shelf))) {
          if (!NAME.test(name)) continue;
          const found = await stat(pathOf(name)).catch(() => null);
          if (found !== null && found.mtimeMs < atMs) yield name;
        }
      }
    },
  };
}

async function pour(
  source: AsyncIterable<Uint8Array>,
  handle: SpoolFileHandle,
  bytesMax: number,
): Promise<{ bytes: number; head: Buffer }> {
  const head: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    if (bytes < HEAD_BYTES) head.push(Buffer.copyBytesFrom(chunk, 0, HEAD_BYTES - bytes));
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Problem('media_too_large');
    await writeAll(handle, chunk);
  }
  return { bytes, head: Buffer.concat(head) };
}

/** A nearly full disk takes a part of what it is given before it refuses. */
async function writeAll(handle: SpoolFileHandle, chunk: Uint8Array): Promise<void> {
  let rest = chunk;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.write(rest);
    rest = rest.subarray(bytesWritten);
  }
}

/** Makes a directory's entries durable. Windows has no such call and needs none. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeParts(directory: string): Promise<void> {
  const files = await readdir(directory, { recursive: true });
  const parts = files.filter((file) => file.endsWith(PART));
  await Promise.all(parts.map((file) => rm(join(directory, file), { force: true })));
}

function isFull(thrown: unknown): boolean {
  const { code } = toError(thrown) as NodeJS.ErrnoException;
  return FULL_CODES.has(code ?? '');
}
