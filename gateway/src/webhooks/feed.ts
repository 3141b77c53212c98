import { toError } from '../domain/errors.ts';
import { messageId, type EventId, type ServiceId } from '../domain/ids.ts';
import type { ReceivedData } from '../domain/event.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { findFeedsWithNews, readFeed, type FeedEvent } from '../storage/webhooks/feed.ts';
import { versionedEnvelope, type EventEnvelope } from './body.ts';
import type { WriterParts } from './delivery-writer.ts';

/** How soon whoever waits sees an event. */
const LOOK_EVERY_MS = 500;

/** Whose events are read, and how their links begin. */
export interface FeedReader {
  readonly serviceId: ServiceId;
  /** The part of the key that may be shown. */
  readonly keyPrefix: string;
  /** `https://HOST` of this gateway, as the reader knows it. */
  readonly baseUrl: string;
}

interface Watcher {
  readonly serviceId: ServiceId;
  readonly afterId: EventId | 0;
  readonly end: () => void;
}

export interface FeedParts {
  readonly database: Database;
  readonly writer: Pick<WriterParts, 'linkTo' | 'publicUrl'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Events for those who ask for them. They are read from their rows, page by page, so that a reader
 * costs the memory of a page; whichever process has kept them. While somebody waits one statement
 * every half second looks for all who wait.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #watchers = new Set<Watcher>();
  #cancelLook: (() => void) | null = null;
  #isClosed = false;

  constructor(parts: FeedParts) {
    this.#parts = parts;
  }

  /** What follows an event, as it is written; at most `countMax`. @param afterId 0 for all */
  async read(reader: FeedReader, afterId: EventId | 0, countMax: number): Promise<EventEnvelope[]> {
    const events = await readFeed(this.#parts.database.pool, reader.serviceId, afterId, countMax);
    return events.map((event) => this.#write(reader, event));
  }

  /** Resolves when something follows, when the time is over, or when the feed ends. */
  wait(
    serviceId: ServiceId,
    afterId: EventId | 0,
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
      this.#lookSoon();
    });
  }

  /** Lets go whoever waits, for good. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLook?.();
    for (const { end } of this.#watchers) end();
  }

  #lookSoon(): void {
    this.#cancelLook ??= this.#parts.clock.after(LOOK_EVERY_MS, () => {
      void this.#look()
        .catch((error: unknown) => {
          this.#parts.log.warn({ err: toError(error) }, 'feeds could not be looked at');
        })
        .finally(() => {
          this.#cancelLook = null;
          if (this.#watchers.size > 0 && !this.#isClosed) this.#lookSoon();
        });
    });
  }

  async #look(): Promise<void> {
    const watchers = [...this.#watchers];
    if (watchers.length === 0) return;
    for (const place of await findFeedsWithNews(this.#parts.database.pool, watchers)) {
      watchers[place]?.end();
    }
  }

  #write({ serviceId, keyPrefix, baseUrl }: FeedReader, event: FeedEvent): EventEnvelope {
    const { linkTo, publicUrl } = this.#parts.writer;
    const fileUrl = (id: string, file: NonNullable<ReceivedData['file']>): string => {
      const { fileName, mimetype } = file;
      const linked = { serviceId, messageId: messageId(Number(id)), fileName, mimetype };
      return linkTo(linked, publicUrl ?? baseUrl);
    };
    return versionedEnvelope(event, { service: keyPrefix, fileUrl });
  }
}
