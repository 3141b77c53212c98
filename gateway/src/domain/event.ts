import { eventId, type EventId } from './ids.ts';

/** How long an event is tried to be delivered. */
export const EVENT_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000;

/** What can happen that listeners are told of; an agent hears of its services and of itself. */
export type EventType =
  | 'message.received'
  | 'message.status'
  | 'message.failed'
  | 'session.connected'
  | 'session.disconnected'
  | 'session.qr'
  | 'service.suspended'
  | 'service.activated'
  | 'service.removed'
  /** Its time is over in seven, three or one days. */
  | 'service.expiring'
  /** It is suspended, and is removed in seven, three or one days. */
  | 'service.removing'
  /** The agent's own subscription is over in seven, three or one days. */
  | 'subscription.ending'
  | 'webhook.disabled'
  | 'webhook.test';

/**
 * How events are written: `documented` is the documented API's two bodies and nothing else,
 * `versioned` is every event in one envelope.
 */
export type EventFormat = 'documented' | 'versioned';

/** How an event's delivery stands; `exhausted` was tried for seven days. */
export type DeliveryState = 'pending' | 'delivered' | 'exhausted' | 'dropped';

/** How it stands while it is in the queue: what has arrived is no longer there. */
export type QueuedDeliveryState = Exclude<DeliveryState, 'delivered'>;

/** How a webhook is used; `webhooks/webhook-machine.ts` says when it changes. */
export type WebhookMode = 'flowing' | 'resting' | 'draining' | 'disabled';

/** An event's public name: `webhook-id` of every attempt to deliver it. */
export function publicEventId(id: EventId): string {
  return `evt_${id}`;
}

const PUBLIC_ID = /^(?:evt_)?([1-9]\d{0,14})$/;

/** @returns the event that is named so, or null when nothing can be */
export function readEventId(written: string): EventId | null {
  const digits = PUBLIC_ID.exec(written.trim())?.[1];
  return digits === undefined ? null : eventId(Number(digits));
}

/** What `message.received` tells. */
export interface ReceivedData {
  readonly messageId: string;
  readonly whatsappId: string;
  readonly kind: string;
  readonly from: string | null;
  readonly fromLid: string | null;
  readonly to: string;
  /** Empty for a message to one person. */
  readonly groupId: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
  readonly file: {
    readonly mimetype: string;
    readonly fileName: string;
    readonly bytes: number;
  } | null;
}

/** What `message.status` tells. */
export interface StatusData {
  readonly messageId: string;
  readonly whatsappId: string;
  readonly to: string;
  readonly isGroup: boolean;
  readonly status: 'server' | 'phone' | 'read';
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly metadata: string | null;
}
