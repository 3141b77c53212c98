/** What can happen to a service that its listeners are told of. */
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
  | 'webhook.disabled'
  | 'webhook.test';

/**
 * How events are written: `documented` is the documented API's two bodies and nothing else,
 * `versioned` is every event in one envelope.
 */
export type EventFormat = 'documented' | 'versioned';

/** How an event's delivery stands; `exhausted` was tried for seven days. */
export type DeliveryState = 'pending' | 'delivered' | 'exhausted' | 'dropped';

/** How a webhook is used; `webhooks/webhook-machine.ts` says when it changes. */
export type WebhookMode = 'flowing' | 'resting' | 'draining' | 'disabled';
