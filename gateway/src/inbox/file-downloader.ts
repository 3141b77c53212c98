import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { DownloadResult } from '../domain/media.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../storage/database.ts';
import { claimReceivedFiles, type WaitingFile } from '../storage/received/claim-received-files.ts';
import {
  failReceivedFile,
  postponeReceivedFile,
  recordNewSource,
  recordStoredFile,
} from '../storage/received/record-received-file.ts';
import type { ReceivedFiles } from './received-files.ts';

const DOWNLOADS_AT_ONCE_MAX = 4;
const ATTEMPTS_MAX = 5;
const FIRST_DELAY_MS = 5000;
const LOOK_EVERY_MS = 5000;
/** Longer than any download takes. */
const LEASE_MS = 20 * 60 * 1000;
const NAME_BYTES = 16;

/** Failures that no further try changes. */
const FINAL_FAILURES: ReadonlySet<string> = new Set(['too_large', 'refused']);

/** Where the files come from. */
export interface FileSource {
  download(
    mode: 'test' | 'live',
    source: Buffer,
    path: string,
    bytesMax: number,
  ): Promise<DownloadResult>;
  /** Has the sender's phone upload the file again; null when that can not be done now. */
  askForFile(serviceId: ServiceId, source: Buffer): Promise<Buffer | null>;
}

export interface DownloaderParts {
  readonly database: Database;
  readonly files: ReceivedFiles;
  readonly source: FileSource;
  readonly bytesMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Fetches the files of received messages, a few at a time.
 *
 * A row waits from the moment its message is kept. It is taken for a while (`claim`), its file is
 * downloaded under a fresh name, synced and shared, and only then is the row `stored`. A failure is tried
 * again after 5, 20, 80 and 320 seconds, then the row is `failed` until somebody asks for the file.
 * What WhatsApp does not keep any more is asked for at the sender's phone in between.
 */
export class FileDownloader {
  readonly #parts: DownloaderParts;
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;
  #looking: Promise<void> | null = null;
  #mayBeMore = false;
  #cancelLook: () => void = () => undefined;

  constructor(parts: DownloaderParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#lookLater();
    this.wake();
  }

  /** There may be something to download. */
  wake(): void {
    if (this.#isStopped) return;
    this.#mayBeMore = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      if (this.#mayBeMore && this.#running.size < DOWNLOADS_AT_ONCE_MAX) this.wake();
    });
  }

  /**
   * Begins nothing new. Downloads get this long to end; what is interrupted is taken up later.
   * @param timeoutMs the longest to wait
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    this.#cancelLook();
    await this.#looking;
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(timeoutMs, late.resolve);
    await Promise.race([Promise.allSettled(this.#running), late.promise]);
    cancel();
  }

  #lookLater(): void {
    this.#cancelLook = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      this.wake();
      this.#lookLater();
    });
  }

  async #look(): Promise<void> {
    try {
      while (this.#mayBeMore && !this.#isStopped) {
        const room = DOWNLOADS_AT_ONCE_MAX - this.#running.size;
        if (room <= 0) break;
        this.#mayBeMore = false;
        const files = await claimReceivedFiles(this.#parts.database.pool, room, LEASE_MS);
        for (const file of files) this.#begin(file);
        if (files.length === room) this.#mayBeMore = true;
      }
    } catch (error) {
      this.#parts.log.warn({ err: toError(error) }, 'received files could not be looked for');
    }
  }

  #begin(file: WaitingFile): void {
    const work = this.#fetch(file)
      .catch((error: unknown) => {
        this.#parts.log.error({ err: toError(error) }, 'a received file was not fetched');
      })
      .finally(() => {
        this.#running.delete(work);
        this.wake();
      });
    this.#running.add(work);
  }

  async #fetch(file: WaitingFile): Promise<void> {
    const { database, files, source, bytesMax, random } = this.#parts;
    const opened = files.open(file.serviceId, file.whatsAppId, file.source);
    const spoolName = random.bytes(NAME_BYTES).toString('hex');
    const path = files.pathOf(spoolName);
    const result = await source.download(file.mode, opened, path, bytesMax);
    if ('failure' in result) {
      await this.#failed(file, opened, result.failure);
      return;
    }
    await files.share(spoolName);
    if (!(await recordStoredFile(database, file, spoolName, result.bytes))) {
      await files.remove(spoolName);
    }
  }

  async #failed(file: WaitingFile, source: Buffer, failure: string): Promise<void> {
    const { database, files, log } = this.#parts;
    const { serviceId, attempts } = file;
    log.info({ serviceId, failure, attempts }, 'a received file could not be downloaded');
    if (FINAL_FAILURES.has(failure) || attempts >= ATTEMPTS_MAX) {
      await failReceivedFile(database, file, failure);
      return;
    }
    const renewed =
      failure === 'gone' ? await this.#parts.source.askForFile(serviceId, source) : null;
    if (renewed !== null) {
      await recordNewSource(database, file, files.seal(serviceId, file.whatsAppId, renewed));
    }
    const delayMs = renewed === null ? FIRST_DELAY_MS * 4 ** (attempts - 1) : 0;
    await postponeReceivedFile(database, file, failure, delayMs);
  }
}
