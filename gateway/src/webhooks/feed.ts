import { messageId, type EventId, type ServiceId } from '../domain/ids.ts';
import type { ReceivedData } from '../domain/event.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { findFeedsWithNews, readFeed, type FeedEvent } from '../storage/webhooks/feed.ts';
import { versionedEnvelope, type EventEnvelope } from './body.ts';
import type { WriterParts } from './delivery-writer.ts';
import { FeedWatchers } from './feed-watchers.ts';

/** Whose events are read, and how their links begin. */
export interface FeedReader {
  readonly serviceId: ServiceId;
  /** The part of the key that may be shown. */
  readonly keyPrefix: string;
  /** `https://HOST` of this gateway, as the reader knows it. */
  readonly baseUrl: string;
}

export interface FeedParts {
  readonly database: Database;
  readonly writer: Pick<WriterParts, 'linkTo' | 'publicUrl'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How soon whoever waits sees an event of which no notice came. */
  readonly lookEveryMs: number;
}

/**
 * Events for those who ask for them. They are read from their rows, page by page, so that a reader
 * costs the memory of a page; whichever process has kept them.
 */
export class Feed {
  readonly #parts: FeedParts;
  readonly #watchers: FeedWatchers;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#watchers = new FeedWatchers({
      ...parts,
      find: (watchers) => findFeedsWithNews(parts.database.pool, watchers),
    });
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
    return this.#watchers.wait({ serviceId, afterId }, timeoutMs, stopped);
  }

  /** Something was kept for this service, by whichever process. */
  notice(serviceId: ServiceId): void {
    this.#watchers.notice(serviceId);
  }

  /** Lets go whoever waits, for good. */
  close(): void {
    this.#watchers.close();
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
