import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import type { SharedFiles } from '../storage/files/shared-files.ts';
import {
  deleteOrphanedMedia,
  findUnknownFiles,
  releaseUnneededMedia,
} from '../storage/media/sweep-media.ts';
import type { Spool } from './spool.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const SWEEP_EVERY_MS = 60 * 60 * 1000;
const FILES_AT_ONCE = 500;

export interface SweeperParts {
  readonly database: Database;
  readonly spool: Spool;
  readonly sharedFiles: Pick<SharedFiles, 'sweep'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes from the spool what no message needs any more: a day after the last message had use for
 * it, so that a recipient's phone can still ask for it again. Files without a row, which a crash
 * between spool and database leaves, go after a day, too; so do copies of files, received ones
 * included, that other processes could have had.
 */
export async function sweep({ database, spool, sharedFiles, clock }: SweeperParts): Promise<void> {
  for (;;) {
    const names = await releaseUnneededMedia(database.pool, DAY_MS, FILES_AT_ONCE);
    for (const name of names) await spool.remove(name);
    if (names.length < FILES_AT_ONCE) break;
  }
  await deleteOrphanedMedia(database.pool, DAY_MS);
  await sharedFiles.sweep(DAY_MS);
  let batch: string[] = [];
  for await (const name of spool.namesOlderThan(clock.now() - DAY_MS)) {
    batch.push(name);
    if (batch.length < FILES_AT_ONCE) continue;
    await removeUnknown(database, spool, batch);
    batch = [];
  }
  await removeUnknown(database, spool, batch);
}

async function removeUnknown(
  database: Database,
  spool: Spool,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  for (const name of await findUnknownFiles(database.pool, names)) await spool.remove(name);
}

/** Sweeps now and then, one sweep at a time. */
export class Sweeper {
  readonly #parts: SweeperParts;
  #isStopped = false;
  #cancel: (() => void) | null = null;
  #running: Promise<void> | null = null;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#running = this.#sweep();
  }

  /** Resolves after the sweep that runs. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel?.();
    await this.#running;
  }

  async #sweep(): Promise<void> {
    const { clock, log } = this.#parts;
    try {
      await sweep(this.#parts);
    } catch (error) {
      log.warn({ err: toError(error) }, 'the spool was not swept');
    }
    if (!this.#isStopped) this.#cancel = clock.after(SWEEP_EVERY_MS, () => this.start());
  }
}
