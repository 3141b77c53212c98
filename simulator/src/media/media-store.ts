import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, rmSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * The encrypted files of the media host, each named by the SHA-256 of its bytes (base64 for URLs,
 * unpadded). What is under a name is whole: files are moved there when all of them has arrived.
 */
export class MediaStore {
  /** `127.0.0.1:PORT`, as clients and messages name the host; set when it listens. */
  hostname = '';
  readonly #folder: string;
  #uploads = 0;

  constructor(dataDir: string) {
    this.#folder = join(dataDir, 'media');
    mkdirSync(this.#folder, { recursive: true });
  }

  /** Stores an upload; false (and nothing stored) if its bytes have another name. */
  async receive(name: string, body: Readable): Promise<boolean> {
    const upload = join(this.#folder, `upload-${process.pid}-${this.#uploads++}`);
    const hash = createHash('sha256');
    const tap = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    try {
      await pipeline(body, tap, createWriteStream(upload));
      if (hash.digest('base64url') !== name) return false;
      await rename(upload, join(this.#folder, name));
      return true;
    } finally {
      await rm(upload, { force: true });
    }
  }

  /** Stores bytes a phone has encrypted; gives their name. */
  async put(bytes: Buffer): Promise<string> {
    const name = createHash('sha256').update(bytes).digest('base64url');
    await writeFile(join(this.#folder, name), bytes);
    return name;
  }

  /** Size and bytes (from `start` up to and without `end`) of a file; undefined if unknown. */
  open(
    name: string,
  ): { size: number; read: (start?: number, end?: number) => Readable } | undefined {
    if (!/^[\w-]{43}$/.test(name)) return undefined;
    const path = join(this.#folder, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return undefined;
    const { size } = stats;
    return {
      size,
      read: (start = 0, end = size) => createReadStream(path, { start, end: end - 1 }),
    };
  }

  url(name: string): string {
    return `https://${this.hostname}${pathOf(name)}`;
  }

  clear(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true });
  }
}

/** The `directPath` under which a file is downloaded. */
export function pathOf(name: string): string {
  return `/v/${name}`;
}
