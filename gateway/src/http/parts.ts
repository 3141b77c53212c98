import type { Registry } from 'prom-client';
import type { EventType } from '../domain/event.ts';
import type { EventId, ListenerId, ServiceId } from '../domain/ids.ts';
import type { MediaIntake } from '../media/media-intake.ts';
import type { Intake } from '../outbox/intake.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { PacingPolicy } from '../domain/pacing.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { SessionControl } from '../sessions/session-control.ts';
import type { Database } from '../storage/database.ts';
import type { Silence } from '../storage/database-pulse.ts';
import type { RecordedAttempt } from '../storage/webhooks/record-attempts.ts';

/** Where events go out; `webhooks/` has it. */
interface WebhookPort {
  /** A service's webhook was changed, or there is something to deliver. */
  changed(listenerId: ListenerId): void;
  /** Refuses, by its form, an address that nothing may be posted to. @throws OutgoingRefusal */
  readUrl(written: string): URL;
  /** Posts one event that says it is a test, at once and once; null when there is no webhook. */
  test(listenerId: ListenerId): Promise<RecordedAttempt | null>;
  readonly feed: FeedPort;
}

/** An event in the versioned format. */
export interface EventEnvelope {
  readonly id: string;
  readonly type: EventType;
  readonly version: 1;
  readonly createdAt: string;
  readonly service: string;
  readonly data: unknown;
}

/** Events for those who ask for them; `webhooks/` has it. */
interface FeedPort {
  /** What follows an event; 0 stands before all. */
  read(
    reader: {
      readonly serviceId: ServiceId;
      readonly keyPrefix: string;
      readonly baseUrl: string;
    },
    afterId: EventId | 0,
    countMax: number,
  ): Promise<EventEnvelope[]>;
  /** Resolves when something follows, when the time is over, or when the feed ends. */
  wait(
    serviceId: ServiceId,
    afterId: EventId | 0,
    timeoutMs: number,
    stopped: AbortSignal,
  ): Promise<void>;
  /** Lets go whoever waits, for good. */
  close(): void;
}

/** Everything the HTTP edge stands on; it opens and closes none of it. */
export interface HttpParts {
  readonly database: Database;
  /** Tells when the database hangs. */
  readonly silence: Silence;
  readonly intake: Intake;
  /** Messages of this service joined the queue, or are due at another time. Committed already. */
  queueChanged(serviceId: ServiceId): void;
  readonly media: MediaIntake;
  readonly sessions: SessionControl;
  readonly webhooks: WebhookPort;
  readonly secrets: {
    /** 32 bytes. */
    readonly masterKey: Buffer;
    readonly adminToken: string;
  };
  /** Where clients reach this gateway, or null to go by the Host they ask for. */
  readonly publicUrl: string | null;
  /** The files that came with received messages. */
  readonly receivedFiles: {
    /** Where a file is on this disk, or null when it is nowhere any more. */
    find(spoolName: string): Promise<string | null>;
    /** Somebody asks for a file that is not here. */
    wanted(): void;
  };
  /** What agents buy, and for how much. */
  readonly catalogue: Catalogue;
  readonly pacing: {
    /** How fast accounts may send, unless something else was asked for a service. */
    readonly policy: PacingPolicy;
    /** What was asked for a service changed; its row is written. */
    changed(serviceId: ServiceId): void;
  };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `http://127.0.0.1:PORT` of the simulator's own API, or null when test mode is off. */
  readonly simulatorUrl: string | null;
  /** Bearer token of that API, or null when it asks for none. */
  readonly simulatorToken: string | null;
  /** Null when requests can be served, else the reason why not, for a human. */
  isReady(): Promise<string | null>;
  /** What the operator should know although requests are served, a sentence each. */
  warnings?(): readonly string[];
  readonly metrics: Registry;
  /** True: nothing but health and metrics is served. */
  readonly isHealthOnly: boolean;
}
