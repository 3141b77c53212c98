import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import {
  findWantedReceivedFiles,
  removeOldReceivedFiles,
} from '../storage/received/remove-old-files.ts';
import type { ReceivedFiles } from './received-files.ts';

/** Not while everything starts. */
const FIRST_SWEEP_MS = 60 * 1000;
const SWEEP_EVERY_MS = 60 * 60 * 1000;
/** No download takes longer; only then does a file get its row. */
const ROWLESS_MS_MAX = 20 * 60 * 1000;
const NAMES_PER_QUESTION_MAX = 1000;

/** What the sweeper needs. */
export interface ReceivedSweeperParts {
  readonly database: Database;
  readonly files: Pick<ReceivedFiles, 'listOlderThan' | 'remove'>;
  readonly keptDays: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Once an hour removes received files that are older than they are kept, and files on this disk
 * that belong to no row: those of removed services, of downloads that a crash interrupted, and
 * copies of what another process has removed.
 */
export class ReceivedSweeper {
  readonly #parts: ReceivedSweeperParts;
  #sweeping: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;

  constructor(parts: ReceivedSweeperParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#sweepAfter(FIRST_SWEEP_MS);
  }

  /** Resolves after the sweep that runs. */
  async stop(): Promise<void> {
    this.#cancel();
    await this.#sweeping;
  }

  #sweepAfter(delayMs: number): void {
    this.#cancel = this.#parts.clock.after(delayMs, () => {
      this.#sweeping = this.#sweep().catch((error: unknown) => {
        this.#parts.log.warn({ err: toError(error) }, 'old received files were not removed');
      });
      this.#sweepAfter(SWEEP_EVERY_MS);
    });
  }

  async #sweep(): Promise<void> {
    const { database, files, keptDays, clock } = this.#parts;
    for (const name of await removeOldReceivedFiles(database, keptDays)) await files.remove(name);
    const there = await files.listOlderThan(ROWLESS_MS_MAX, clock.now());
    for (let first = 0; first < there.length; first += NAMES_PER_QUESTION_MAX) {
      const names = there.slice(first, first + NAMES_PER_QUESTION_MAX);
      const wanted = await findWantedReceivedFiles(database, names);
      for (const name of names.filter((one) => !wanted.has(one))) await files.remove(name);
    }
  }
}
