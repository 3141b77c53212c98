import type { ConnectionEnd, ConnectionState } from '../domain/connection-state.ts';

/** How one session stands. `session-machine.ts` tells what the modes mean. */
export interface SessionModel {
  readonly isWanted: boolean;
  readonly mode: 'idle' | 'queued' | 'opening' | 'open' | 'waiting' | 'stopped';
  readonly state: ConnectionState;
  readonly detail: string | null;
  readonly qr: string | null;
  /** Failures since the last lasting connection, but for those that WhatsApp has explained. */
  readonly failures: number;
  /** How often WhatsApp had trouble of its own since then, or refused this version. */
  readonly refusals: number;
  /** Ends without an explanation in a row, with no open connection between them. */
  readonly unexplained: number;
  /** When other programs took the session over, monotonic milliseconds, newest last. */
  readonly replacedAtMs: readonly number[];
  /** A ban: no socket is opened before, monotonic milliseconds. */
  readonly notBeforeMs: number | null;
  /** When the credentials of a refused account are deleted, monotonic milliseconds. */
  readonly forgetAtMs: number | null;
  /** When WhatsApp refused the account last, monotonic milliseconds. */
  readonly refusedAtMs: number | null;
}

export type SessionEvent =
  /** Somebody asks for a connection. */
  | { readonly type: 'wanted' }
  | { readonly type: 'unwanted' }
  /** The session comes back in this process as it was left elsewhere. */
  | ({ readonly type: 'restored' } & LeftSession)
  /** The session may open its socket now. */
  | { readonly type: 'turn' }
  /** It may not, because WhatsApp refuses this version. */
  | { readonly type: 'held' }
  | { readonly type: 'qr'; readonly qr: string }
  | { readonly type: 'linked' }
  | { readonly type: 'opened' }
  | { readonly type: 'lasted' }
  | { readonly type: 'closed'; readonly end: ConnectionEnd }
  | { readonly type: 'retry' }
  | { readonly type: 'forget-due' };

/** How a session was left: what of it is durable. */
export interface LeftSession {
  readonly isWanted: boolean;
  readonly state: ConnectionState;
  readonly detail: string | null;
  /** What is left of a ban. */
  readonly notBeforeInMs: number | null;
  readonly forgetInMs: number | null;
}

export type SessionEffect =
  /** `isFirst`: ahead of those that come back by themselves. */
  | { readonly type: 'ask-turn'; readonly isFirst: boolean }
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  | { readonly type: 'forget-credentials' }
  | { readonly type: 'retry-after'; readonly delayMs: number }
  | { readonly type: 'last-after'; readonly delayMs: number }
  | { readonly type: 'forget-after'; readonly delayMs: number };

export interface SessionStep {
  readonly model: SessionModel;
  readonly effects: readonly SessionEffect[];
}

export const IDLE_SESSION: SessionModel = {
  isWanted: false,
  mode: 'idle',
  state: 'disconnected',
  detail: null,
  qr: null,
  failures: 0,
  refusals: 0,
  unexplained: 0,
  replacedAtMs: [],
  notBeforeMs: null,
  forgetAtMs: null,
  refusedAtMs: null,
};

/** To the queue for a socket, but never while a ban lasts. */
export function queued(
  model: SessionModel,
  nowMs: number,
  state: ConnectionState,
  { isFirst = false } = {},
): SessionStep {
  const { notBeforeMs } = model;
  if (notBeforeMs !== null && nowMs < notBeforeMs) {
    return {
      model: { ...model, mode: 'waiting', ...shown('temporarily_banned', model.detail) },
      effects: [{ type: 'retry-after', delayMs: Math.ceil(notBeforeMs - nowMs) }],
    };
  }
  return {
    model: { ...model, mode: 'queued', notBeforeMs: null, ...shown(state, null) },
    effects: [{ type: 'ask-turn', isFirst }],
  };
}

/** What people see of it; a QR code lives no longer than the state that shows it. */
export function shown(
  state: ConnectionState,
  detail: string | null,
): Pick<SessionModel, 'state' | 'detail' | 'qr'> {
  return { state, detail, qr: null };
}
