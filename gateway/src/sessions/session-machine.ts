import type { CloseReason, ConnectionState } from '../domain/connection-state.ts';

/**
 * How a session reacts, as a pure function.
 *
 * A session is *wanted* or not. A wanted one is in one of these modes:
 *
 * - **opening**: a socket is on its way; then QR codes (`waiting_for_scan`), the phone's yes
 *   (`linking`), and the restart that WhatsApp demands after it; or straight to **open** for a
 *   device that is linked already.
 * - **open**: `connected`. After five minutes of it, earlier failures are forgotten; a connection
 *   that opens and breaks at once must not count as a recovery.
 * - **waiting**: the connection broke for a reason that may pass. The wait doubles with each
 *   failure up to a minute, and a random part of it is taken, so that many sessions do not come
 *   back at the same moment.
 * - **stopped**: the reason does not pass by itself (nobody scanned, the phone removed the device,
 *   WhatsApp refuses the account). Only asking again opens it.
 *
 * Credentials are forgotten only when WhatsApp says that the device is gone.
 */
export interface SessionModel {
  readonly isWanted: boolean;
  readonly mode: 'idle' | 'opening' | 'open' | 'waiting' | 'stopped';
  readonly state: ConnectionState;
  readonly detail: string | null;
  readonly qr: string | null;
  /** Failures since the last lasting connection. */
  readonly failures: number;
  /** When other programs took the session over, monotonic milliseconds, newest last. */
  readonly replacedAtMs: readonly number[];
}

export type SessionEvent =
  | { readonly type: 'wanted' }
  | { readonly type: 'unwanted' }
  | { readonly type: 'qr'; readonly qr: string }
  | { readonly type: 'linked' }
  | { readonly type: 'opened' }
  | { readonly type: 'lasted' }
  | { readonly type: 'closed'; readonly reason: CloseReason; readonly detail: string }
  | { readonly type: 'retry' };

export type SessionEffect =
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  | { readonly type: 'forget-credentials' }
  | { readonly type: 'retry-after'; readonly delayMs: number }
  | { readonly type: 'last-after'; readonly delayMs: number };

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
  replacedAtMs: [],
};

const BACKOFF_MS_FIRST = 1000;
const BACKOFF_MS_MAX = 60_000;
const UNTRUSTED_WAIT_MS = 300_000;
const REPLACED_WAIT_MS = 30_000;
const REPLACED_WITHIN_MS = 600_000;
const REPLACED_TIMES_MAX = 3;
const LASTING_MS = 300_000;

/**
 * @param nowMs monotonic milliseconds
 * @param fraction a random number from 0 up to 1, for the jitter
 */
export function stepSession(
  model: SessionModel,
  event: SessionEvent,
  nowMs: number,
  fraction: number,
): SessionStep {
  switch (event.type) {
    case 'wanted':
      if (model.isWanted && model.mode !== 'stopped') return { model, effects: [] };
      return opening({ ...model, isWanted: true, failures: 0, replacedAtMs: [] }, 'connecting');
    case 'unwanted':
      return {
        model: {
          ...model,
          isWanted: false,
          mode: 'idle',
          state: 'disconnected',
          detail: null,
          qr: null,
        },
        effects: [{ type: 'close' }],
      };
    case 'qr':
      return unchangedUnless(model, 'opening', { state: 'waiting_for_scan', qr: event.qr });
    case 'linked':
      return unchangedUnless(model, 'opening', { state: 'linking', qr: null });
    case 'opened':
      if (model.mode !== 'opening') return { model, effects: [] };
      return {
        model: { ...model, mode: 'open', state: 'connected', detail: null, qr: null },
        effects: [{ type: 'last-after', delayMs: LASTING_MS }],
      };
    case 'lasted':
      return model.mode === 'open'
        ? { model: { ...model, failures: 0 }, effects: [] }
        : { model, effects: [] };
    case 'retry':
      return model.mode === 'waiting' ? opening(model, model.state) : { model, effects: [] };
    case 'closed':
      if (!model.isWanted || (model.mode !== 'opening' && model.mode !== 'open')) {
        return { model, effects: [] };
      }
      return afterClose({ ...model, qr: null }, event.reason, event.detail, nowMs, fraction);
  }
}

function afterClose(
  model: SessionModel,
  reason: CloseReason,
  detail: string,
  nowMs: number,
  fraction: number,
): SessionStep {
  switch (reason) {
    case 'restart_required':
      return opening(model, 'linking');
    case 'link_expired':
      return stopped(model, 'link_expired', detail);
    case 'logged_out': {
      const { model: ended } = stopped(model, 'logged_out', detail);
      return { model: ended, effects: [{ type: 'forget-credentials' }] };
    }
    case 'refused':
      return stopped(model, 'refused', detail);
    case 'outdated':
      return stopped(model, 'outdated', detail);
    case 'replaced': {
      const recent = model.replacedAtMs.filter((atMs) => nowMs - atMs < REPLACED_WITHIN_MS);
      const replacedAtMs = [...recent, nowMs];
      const next = { ...model, replacedAtMs };
      return replacedAtMs.length >= REPLACED_TIMES_MAX
        ? stopped(next, 'replaced', detail)
        : waiting(next, 'replaced', detail, REPLACED_WAIT_MS);
    }
    case 'untrusted':
      return waiting(model, 'untrusted', detail, UNTRUSTED_WAIT_MS * (1 + fraction));
    case 'unreachable':
      return waiting(model, 'unreachable', detail, backoffMs(model.failures, fraction));
    case 'asked':
    case 'lost':
    case 'timed_out':
    case 'server_error':
      return waiting(model, 'waiting_to_retry', detail, backoffMs(model.failures, fraction));
  }
}

/** Full jitter: anything from nothing to the doubled wait. */
function backoffMs(failures: number, fraction: number): number {
  return fraction * Math.min(BACKOFF_MS_FIRST * 2 ** failures, BACKOFF_MS_MAX);
}

function opening(model: SessionModel, state: ConnectionState): SessionStep {
  return {
    model: { ...model, mode: 'opening', state, detail: null, qr: null },
    effects: [{ type: 'open' }],
  };
}

function waiting(
  model: SessionModel,
  state: ConnectionState,
  detail: string,
  delayMs: number,
): SessionStep {
  return {
    model: { ...model, mode: 'waiting', state, detail, failures: model.failures + 1 },
    effects: [{ type: 'retry-after', delayMs }],
  };
}

function stopped(model: SessionModel, state: ConnectionState, detail: string): SessionStep {
  return { model: { ...model, mode: 'stopped', state, detail }, effects: [] };
}

function unchangedUnless(
  model: SessionModel,
  mode: SessionModel['mode'],
  change: Partial<SessionModel>,
): SessionStep {
  return { model: model.mode === mode ? { ...model, ...change } : model, effects: [] };
}
