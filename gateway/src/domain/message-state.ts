/**
 * How a message may stand. What leads from one to the other is in `message-life.ts`.
 *
 *   accepted -> (fetching) -> ready <-> sending -> server -> phone -> read
 *       |            |        |   |         |
 *       |            |        held +        |
 *       +------------+----------+           +-> failed
 *       |
 *       +-> cancelled, expired
 *
 * - `accepted`: committed here, not yet looked at by the outbox.
 * - `fetching`: its file is fetched from a link first; then `ready`, or `failed` with the reason.
 * - `ready`: waits in its account's queue.
 * - `held`: due, but its account may begin no new chats now (`outbox/pacing/`); waits aside, so that
 *   the queue goes on without it, and is `ready` again when somebody of that chat is written to or
 *   writes.
 * - `sending`: handed to WhatsApp under its fixed id, or about to be; whether WhatsApp has it is not
 *   known until it answers, so after a crash it is sent again under the same id.
 * - `server`, `phone`, `read`: the three ticks. They only climb; `read` may skip `phone`.
 * - `failed`, `expired`, `cancelled`: ends without a tick.
 */
export const MESSAGE_STATES = [
  'cancelled',
  'expired',
  'failed',
  'accepted',
  'fetching',
  'ready',
  'held',
  'sending',
  'server',
  'phone',
  'read',
] as const;

export type MessageState = (typeof MESSAGE_STATES)[number];

/** The states that WhatsApp's answers lead to, lowest first. */
export type Tick = 'server' | 'phone' | 'read';

const TICK_RANK: Record<Tick, number> = { server: 1, phone: 2, read: 3 };

/** The higher of two ticks. */
export function higherTick(one: Tick, other: Tick): Tick {
  return TICK_RANK[one] >= TICK_RANK[other] ? one : other;
}

/** What the documented API calls a message's state. */
export interface StateWording {
  readonly status: string | null;
  readonly statusInfo: string | null;
  /** `""`, `"server"`, `"phone"` or `"read"`. */
  readonly delivery: string;
}

/** How a message stands. */
export interface MessageStanding {
  readonly state: MessageState;
  /** True while the message waits for a time that was asked for. */
  readonly isScheduled: boolean;
  /** Why it failed, if it did. */
  readonly failure: string | null;
}

/** The documented wording of how a message stands. */
export function wordState({ state, isScheduled, failure }: MessageStanding): StateWording {
  switch (state) {
    case 'accepted':
    case 'fetching':
    case 'ready':
      if (isScheduled) {
        return { status: 'Scheduled', statusInfo: 'Waiting for its time', delivery: '' };
      }
      return state === 'accepted'
        ? { status: null, statusInfo: null, delivery: '' }
        : { status: 'In the send queue', statusInfo: 'Pending', delivery: '' };
    case 'held':
    case 'sending':
      return { status: 'In the send queue', statusInfo: 'Pending', delivery: '' };
    case 'server':
    case 'phone':
    case 'read':
      return { status: 'OK', statusInfo: 'Message successfully sent', delivery: state };
    case 'failed':
      return { status: 'Failed', statusInfo: failure ?? 'unknown', delivery: '' };
    case 'expired':
      return { status: 'Failed', statusInfo: 'expired', delivery: '' };
    case 'cancelled':
      return { status: 'Canceled', statusInfo: 'Deleted from the queue', delivery: '' };
  }
}
