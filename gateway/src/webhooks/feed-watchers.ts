import { toError } from '../domain/errors.ts';
import type { EventId, ServiceId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';

/** After a notice: an older transaction may still hide the event. Each pause is twice as long. */
const FIRST_PAUSE_MS = 10;
const PAUSE_MS_MAX = 500;
/** So long a notice counts for those who were just about to wait. */
const NOTICE_MS = 1000;

/** Somebody who waits for what follows an event. */
export interface Watcher {
  readonly serviceId: ServiceId;
  readonly afterId: EventId | 0;
  readonly end: () => void;
}

export interface FeedWatcherParts {
  /** Which of these have something to read: their places in the list. */
  readonly find: (watchers: readonly Watcher[]) => Promise<number[]>;
  readonly clock: Clock;
  readonly log: Log;
  /** How soon whoever waits sees an event of which no notice came. */
  readonly lookEveryMs: number;
}

/**
 * Those who wait for events, and when it is looked for them: at once when a notice says that
 * something was kept for their service, and now and then for all of them, since a notice may be
 * missed. What a notice says can still be hidden behind an older transaction, so the look for its
 * service is repeated, ever more rarely, until the other look takes over.
 */
export class FeedWatchers {
  readonly #parts: FeedWatcherParts;
  readonly #watchers = new Set<Watcher>();
  /** Services with a notice, and until when it counts. */
  readonly #noticed = new Map<ServiceId, number>();
  #cancelLook: (() => void) | null = null;
  #cancelQuickLook: (() => void) | null = null;
  #isLookingQuickly = false;
  #pauseMs = 0;
  #isClosed = false;

  constructor(parts: FeedWatcherParts) {
    this.#parts = parts;
  }

  /** Resolves when something follows, when the time is over, or when all is closed. */
  wait(
    { serviceId, afterId }: Omit<Watcher, 'end'>,
    timeoutMs: number,
    stopped: AbortSignal,
  ): Promise<void> {
    if (this.#isClosed || stopped.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        stopped.removeEventListener('abort', end);
        this.#watchers.delete(watcher);
        resolve();
      };
      const watcher = { serviceId, afterId, end };
      const cancel = this.#parts.clock.after(timeoutMs, end);
      stopped.addEventListener('abort', end);
      this.#watchers.add(watcher);
      this.#lookLater();
      if (this.#isNoticed(serviceId)) this.#lookQuickly(FIRST_PAUSE_MS);
    });
  }

  /** Something was kept for this service. */
  notice(serviceId: ServiceId): void {
    if (this.#isClosed) return;
    this.#noticed.set(serviceId, this.#parts.clock.monotonicMs() + NOTICE_MS);
    this.#lookQuickly(0);
  }

  /** Lets go whoever waits, for good. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    this.#cancelQuickLook?.();
    for (const { end } of this.#watchers) end();
  }

  #isNoticed(serviceId: ServiceId): boolean {
    return (this.#noticed.get(serviceId) ?? 0) > this.#parts.clock.monotonicMs();
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#parts.clock.after(this.#parts.lookEveryMs, () => {
      void this.#look([...this.#watchers]).finally(() => {
        this.#cancelLook = null;
        if (this.#watchers.size > 0 && !this.#isClosed) this.#lookLater();
      });
    });
  }

  #lookQuickly(pauseMs: number): void {
    this.#pauseMs = pauseMs;
    if (this.#isLookingQuickly) return;
    this.#cancelQuickLook?.();
    this.#cancelQuickLook = this.#parts.clock.after(pauseMs, () => void this.#quickLook());
  }

  async #quickLook(): Promise<void> {
    this.#isLookingQuickly = true;
    this.#pauseMs = Math.max(this.#pauseMs * 2, FIRST_PAUSE_MS);
    await this.#look([...this.#watchers].filter(({ serviceId }) => this.#isNoticed(serviceId)));
    this.#isLookingQuickly = false;
    for (const serviceId of this.#noticed.keys()) {
      if (!this.#isNoticed(serviceId)) this.#noticed.delete(serviceId);
    }
    const isWaited = [...this.#watchers].some(({ serviceId }) => this.#noticed.has(serviceId));
    if (isWaited && this.#pauseMs < PAUSE_MS_MAX && !this.#isClosed) {
      this.#lookQuickly(this.#pauseMs);
    }
  }

  async #look(watchers: readonly Watcher[]): Promise<void> {
    if (watchers.length === 0) return;
    try {
      for (const place of await this.#parts.find(watchers)) watchers[place]?.end();
    } catch (error) {
      this.#parts.log.warn({ err: toError(error) }, 'feeds could not be looked at');
    }
  }
}
