import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import type { SharedFiles } from '../storage/files/shared-files.ts';
import { claimLink, nextFetchInMs, type ClaimedLink } from '../storage/media/claim-fetch.ts';
import { postponeFetch, recordFetched, recordFetchFailed } from '../storage/media/record-fetch.ts';
import { FetchFailure, fetchLink, type FetchParts } from './fetch-link.ts';
import { describeFile } from './sniff.ts';

/** At once, of all services and of one: a service whose links hang never stops the others. */
const FETCHES_MAX = 4;
const FETCHES_PER_SERVICE_MAX = 2;
/** Before each try after the first. */
const RETRY_DELAYS_MS = [1000, 3000, 9000, 27_000];
/** Longer than a fetch can take and be written down. */
const LEASE_MARGIN_MS = 15_000;
/** How soon a link is seen that another process accepted, or that nobody was woken for. */
const LOOK_AGAIN_MS = 5000;

export interface FetcherParts extends FetchParts {
  readonly database: Database;
  readonly sharedFiles: Pick<SharedFiles, 'keep'>;
  readonly log: Log;
}

/** Told after a service's messages joined the queue. */
export type OnReady = (serviceId: ServiceId) => void;

/**
 * Fetches the files of accepted messages that came as links.
 *
 * A link is claimed in the database for a while, so several processes share the work and a link
 * whose process died comes due again. Services take turns: one with nothing in the works goes
 * first, and none has more than its share. A failure that may pass is tried again after a growing
 * pause; any other, and the last, ends the link's messages with the reason.
 */
export class Fetcher {
  readonly #parts: FetcherParts;
  readonly #running = new Map<Promise<void>, ServiceId>();
  readonly #stopping = new AbortController();
  #onReady: OnReady | null = null;
  #isLooking = false;
  #looking = Promise.resolve();
  #isWokenAgain = false;
  #cancelAlarm: () => void = () => undefined;

  constructor(parts: FetcherParts) {
    this.#parts = parts;
  }

  /** Begins to fetch. */
  start(onReady: OnReady): void {
    this.#onReady = onReady;
    this.wake();
  }

  /** A link may be due: look at once. */
  wake(): void {
    this.#isWokenAgain = true;
    if (this.#onReady === null || this.#isLooking || this.#stopping.signal.aborted) return;
    this.#isLooking = true;
    this.#looking = this.#look();
  }

  /** Breaks off what runs; it comes due again at once, for the next process. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the gateway stops'));
    this.#cancelAlarm();
    await this.#looking;
    await Promise.all(this.#running.keys());
  }

  async #look(): Promise<void> {
    let waitMs = LOOK_AGAIN_MS;
    try {
      while (this.#isWokenAgain) {
        this.#isWokenAgain = false;
        await this.#startWhatIsDue();
      }
      waitMs = Math.min(waitMs, (await nextFetchInMs(this.#parts.database.pool)) ?? waitMs);
    } catch (error) {
      this.#parts.log.warn({ err: toError(error) }, 'the fetcher could not look for links');
    }
    this.#isLooking = false;
    this.#cancelAlarm();
    if (this.#stopping.signal.aborted) return;
    if (this.#isWokenAgain) this.wake();
    else this.#cancelAlarm = this.#parts.clock.after(waitMs, () => this.wake());
  }

  async #startWhatIsDue(): Promise<void> {
    while (this.#running.size < FETCHES_MAX && !this.#stopping.signal.aborted) {
      const claimed = (await this.#claim(1)) ?? (await this.#claim(FETCHES_PER_SERVICE_MAX));
      if (claimed === null) return;
      const run = this.#fetch(claimed).finally(() => {
        this.#running.delete(run);
        this.wake();
      });
      this.#running.set(run, claimed.serviceId);
    }
  }

  /** Claims a link of a service that has fewer than `share` in the works. */
  #claim(share: number): Promise<ClaimedLink | null> {
    const { database, limits } = this.#parts;
    const busy = [...this.#running.values()];
    const passedOver = new Set(
      busy.filter((service) => busy.filter((other) => other === service).length >= share),
    );
    return claimLink(database.pool, [...passedOver], limits.totalMsMax + LEASE_MARGIN_MS);
  }

  async #fetch(claimed: ClaimedLink): Promise<void> {
    const { pool } = this.#parts.database;
    const { serviceId, id, attempts } = claimed;
    try {
      await this.#fetchAndRecord(claimed);
    } catch (error) {
      try {
        if (this.#stopping.signal.aborted) {
          await postponeFetch(pool, serviceId, id, 0, attempts - 1);
        } else await this.#recordFailure(claimed, error);
      } catch (unrecorded) {
        // The database is away: the claim runs out and the link is tried again.
        this.#parts.log.warn({ err: toError(unrecorded) }, 'a fetch could not be written down');
      }
    }
  }

  async #fetchAndRecord({ serviceId, id, link }: ClaimedLink): Promise<void> {
    const { database, spool, sharedFiles } = this.#parts;
    const { file, declaredType } = await fetchLink(link, this.#parts, this.#stopping.signal);
    try {
      const described = await describeFile(file, { declaredType, fileName: '', link });
      await sharedFiles.keep(file.name, spool.pathOf(file.name));
      if (await recordFetched(database.pool, serviceId, id, described)) {
        this.#onReady?.(serviceId);
        return;
      }
    } catch (error) {
      // Whether it was committed is not known. If not, the file is nobody's and is swept later.
      this.#parts.log.warn({ err: toError(error), serviceId }, 'a fetch may not be written down');
      return;
    }
    await spool.remove(file.name);
  }

  async #recordFailure(claimed: ClaimedLink, thrown: unknown): Promise<void> {
    const { database, log } = this.#parts;
    const { serviceId, id, attempts } = claimed;
    const failure = thrown instanceof FetchFailure ? thrown : null;
    const reason = failure?.reason ?? 'link_unreachable';
    const delayMs = RETRY_DELAYS_MS[attempts - 1];
    const isRetried = (failure?.isTemporary ?? true) && delayMs !== undefined;
    log.info(
      { serviceId, mediaId: id, attempts, reason, detail: toError(thrown).message, isRetried },
      'a link gave no file',
    );
    if (isRetried) await postponeFetch(database.pool, serviceId, id, delayMs, attempts);
    else await recordFetchFailed(database.pool, serviceId, id, reason);
  }
}
