import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createSealer } from '../../runtime/seal.ts';
import { createTurns } from '../../runtime/turns.ts';
import type { Database } from '../database.ts';
import { findKeptBytes, findPiece } from './find-pieces.ts';
import { keepPieces } from './keep-pieces.ts';
import { sweepSharedFiles } from './sweep-shared-files.ts';

/** What one copy under way holds in memory, a few times over. */
const PIECE_BYTES = 256 * 1024;
/** Each holds a connection of the pool while it lasts. */
const KEPT_AT_ONCE_MAX = 2;
const BROUGHT_AT_ONCE_MAX = 4;
const SWEPT_AT_ONCE = 100;

/**
 * Files that processes on other machines can get, too. Every file has a name that is never used
 * for another one, and lies on the disk of the process that took it in.
 */
export interface SharedFiles {
  /**
   * Makes a file on this disk available to every process. Committed when it resolves.
   * @param path where its bytes are, complete
   */
  keep(name: string, path: string): Promise<void>;
  /**
   * Has the file at this path: does nothing when it is there, else brings it from wherever it is.
   * @returns false when it is nowhere
   * @throws what the database or the disk throws; nothing is left at the path then
   */
  bring(name: string, path: string): Promise<boolean>;
  /** Deletes the shared copies that no row has needed for this long. */
  sweep(graceMs: number): Promise<void>;
}

/** For a database that only this process uses: its own disk is all there is. */
export const ownDiskOnly: SharedFiles = {
  keep: () => Promise.resolve(),
  bring: (_name, path) => isThere(path),
  sweep: () => Promise.resolve(),
};

/**
 * Keeps the copies in PostgreSQL, in pieces, sealed: whoever has a dump of the database has none of
 * the customers' files. A piece is sealed with its number and the length of the whole, so that
 * none can be left out, moved or put into another file.
 * @param masterKey 32 bytes, the same in every process
 */
export function createSharedFiles(database: Database, masterKey: Uint8Array): SharedFiles {
  const { pool } = database;
  const keepInTurn = createTurns(KEPT_AT_ONCE_MAX);
  const bringInTurn = createTurns(BROUGHT_AT_ONCE_MAX);
  /** Who asks for what is under way waits for the same. */
  const bringing = new Map<string, Promise<boolean>>();

  async function* readSealed(name: string, path: string, bytes: number) {
    const sealer = createSealer(masterKey, `file:${name}`);
    let number = 0;
    for await (const piece of readPieces(path)) {
      yield sealer.seal(nameOfPiece(number, bytes), piece);
      number += 1;
    }
  }

  async function* opened(name: string, bytes: number) {
    const sealer = createSealer(masterKey, `file:${name}`);
    for (let number = 0; number < Math.ceil(bytes / PIECE_BYTES); number += 1) {
      const sealed = await findPiece(pool, name, number);
      if (sealed === null) throw new Error('a shared file was swept while it was read');
      yield sealer.open(nameOfPiece(number, bytes), sealed);
    }
  }

  async function bring(name: string, path: string): Promise<boolean> {
    const bytes = await findKeptBytes(pool, name);
    if (bytes === null) return false;
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.part`;
    try {
      await pipeline(opened(name, bytes), createWriteStream(draft, { mode: 0o600, flush: true }));
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    return true;
  }

  return {
    keep: (name, path) =>
      keepInTurn(async () => {
        const { size } = await stat(path);
        await keepPieces(pool, name, size, readSealed(name, path, size));
      }),
    async bring(name, path) {
      if (await isThere(path)) return true;
      const underWay = bringing.get(path);
      if (underWay !== undefined) return await underWay;
      const begun = bringInTurn(() => bring(name, path)).finally(() => bringing.delete(path));
      bringing.set(path, begun);
      return await begun;
    },
    async sweep(graceMs) {
      while ((await sweepSharedFiles(pool, graceMs, SWEPT_AT_ONCE)) === SWEPT_AT_ONCE);
    },
  };
}

function nameOfPiece(number: number, bytes: number): string {
  return `${number} of ${bytes} bytes`;
}

/** All pieces but the last are of the same length; each is good until the next is asked for. */
async function* readPieces(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path, 'r');
  try {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    for (;;) {
      let filled = 0;
      while (filled < PIECE_BYTES) {
        const { bytesRead } = await handle.read(piece, filled, PIECE_BYTES - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled > 0) yield piece.subarray(0, filled);
      if (filled < PIECE_BYTES) return;
    }
  } finally {
    await handle.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
