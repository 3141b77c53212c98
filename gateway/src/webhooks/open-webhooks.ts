import { serviceId as readServiceId, type ListenerId, type ServiceId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { openOutgoing, type Resolve } from '../runtime/outgoing/outgoing.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../storage/database.ts';
import { CHANNELS } from '../storage/notices/channels.ts';
import type { Notices } from '../storage/notices/notices.ts';
import { findWebhookRow } from '../storage/webhooks/hold-webhooks.ts';
import { recordAttempts, type RecordedAttempt } from '../storage/webhooks/record-attempts.ts';
import { insertTestEvent } from '../storage/webhooks/test-event.ts';
import { createWebhookSecrets } from '../storage/webhooks/webhook-secrets.ts';
import { attemptDelivery, type Attempt } from './deliver.ts';
import { Deliverer } from './deliverer.ts';
import { DeliveryWriter, type WriterParts } from './delivery-writer.ts';
import { CONNECT_MS_MAX, POST_LIMITS, type PostLimits, type PostParts } from './post-event.ts';
import { Posts } from './posts.ts';
import { FeedTeller } from './feed-teller.ts';
import { Feed } from './feed.ts';
import { EventSweeper } from './event-sweeper.ts';

const DELIVERIES_ON_STOP_MS_MAX = 2000;
/** How soon whoever waits sees an event of which no notice came. */
const FEED_LOOK_EVERY_MS = 500;

export interface WebhooksParts extends Omit<WriterParts, 'secrets'> {
  readonly database: Database;
  /** Names the data directory, which only one process uses at a time. */
  readonly home: string;
  /** 32 bytes. */
  readonly masterKey: Uint8Array;
  readonly allowPrivateUrls: boolean;
  /** The plans that include webhooks. */
  readonly planIds: readonly number[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Tells what was kept by other processes; without it a look every half second does. */
  readonly notices?: Notices;
  /** How often it is looked for those who wait without a notice; default 500. */
  readonly feedLookEveryMs?: number;
  readonly limits?: PostLimits;
  readonly resolve?: Resolve;
}

/** Events on their way to customers. */
export interface Webhooks {
  start(): void;
  stop(): Promise<void>;
  /** These listeners have something to deliver. */
  wake(listeners: Iterable<ListenerId>): void;
  /** Something was kept for those who ask for these services' events, in any process. */
  tellFeeds(services: Iterable<ServiceId>): void;
  /** A listener's webhook was changed by its owner. */
  changed(listenerId: ListenerId): void;
  /** Refuses, by its form, an address that nothing may be posted to. @throws OutgoingRefusal */
  readUrl(written: string): URL;
  /** Posts one event that says it is a test, at once and once; null when there is no webhook. */
  test(listenerId: ListenerId): Promise<RecordedAttempt | null>;
  /** The same events, for those who ask for them. */
  readonly feed: Feed;
}

/** Opens the way out and what works on it. */
export function openWebhooks(parts: WebhooksParts): Webhooks {
  const { database, home, masterKey, allowPrivateUrls, clock, random, log, resolve } = parts;
  const outgoing = openOutgoing({
    allowPrivate: allowPrivateUrls,
    connectMsMax: CONNECT_MS_MAX,
    ...(resolve === undefined ? {} : { resolve }),
  });
  const { openKey, linkTo, publicUrl } = parts;
  const writer = { secrets: createWebhookSecrets(masterKey, random), openKey, linkTo, publicUrl };
  const limits = parts.limits ?? POST_LIMITS;
  const posting = (): PostParts => {
    return { outgoing, clock, limits, posts: new Posts(clock, limits.totalMsMax) };
  };
  const deliverer = new Deliverer({
    ...posting(),
    database,
    home,
    writer,
    random,
    log,
    planIds: parts.planIds,
  });
  const sweeper = new EventSweeper({ database, clock, log });
  const testing = posting();
  const lookEveryMs = parts.feedLookEveryMs ?? FEED_LOOK_EVERY_MS;
  const feed = new Feed({ database, writer, clock, log, lookEveryMs });
  const teller = new FeedTeller(database, log);
  const endListening = parts.notices?.listen(CHANNELS.eventsKept, {
    onNotice: (payload) => feed.notice(readServiceId(Number(payload))),
    // What was missed is found by the look of every half second.
    onGap: () => undefined,
  });
  return {
    start() {
      deliverer.start();
      sweeper.start();
    },
    feed,
    async stop() {
      endListening?.();
      feed.close();
      await deliverer.stop(DELIVERIES_ON_STOP_MS_MAX);
      await sweeper.stop();
      testing.posts.stop();
      await outgoing.close();
    },
    wake(listeners) {
      deliverer.wake(listeners);
    },
    tellFeeds(services) {
      teller.tell(services);
    },
    changed(listenerId) {
      deliverer.changed(listenerId);
    },
    readUrl: (written) => outgoing.readUrl(written),
    async test(listenerId) {
      const row = await findWebhookRow(database.pool, listenerId);
      if (row === null || row.url === null) return null;
      const event = await insertTestEvent(database.pool, listenerId);
      const target = { url: row.url, writer: new DeliveryWriter(row, writer) };
      const attempt = await new Promise<Attempt | null>((resolve) => {
        attemptDelivery({ delivery: event, ...target, fraction: 0 }, testing, resolve);
      });
      if (attempt === null) return null;
      await recordAttempts(database.pool, [attempt.recorded]);
      return attempt.recorded;
    },
  };
}
