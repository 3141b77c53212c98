import type { ConnectionState } from '../domain/connection-state.ts';
import { afterClose } from './after-close.ts';
import {
  queued,
  shown,
  type LeftSession,
  type SessionEffect,
  type SessionEvent,
  type SessionModel,
  type SessionStep,
} from './session-model.ts';

const NO_FAILURES = { failures: 0, refusals: 0, unexplained: 0, replacedAtMs: [] };

const LASTING_MS = 300_000;
const FORGET_AGAIN_MS = 60_000;
/** A page that asks for a QR code every second must not knock at a locked door as often. */
const REFUSED_AGAIN_MS = 60_000;

/** A process that comes back leaves these as they were: only somebody who asks opens them again. */
const STAYS_STOPPED: ReadonlySet<ConnectionState> = new Set([
  'link_expired',
  'logged_out',
  'link_again',
  'conflict',
  'locked',
  'banned',
]);

/**
 * How a session reacts, as a pure function. What follows the end of a connection is decided in
 * `after-close.ts`.
 *
 * A session is *wanted* or not. A wanted one is in one of these modes:
 *
 * - **queued**: it waits for its turn to open a socket (`connect-gate.ts`), so that many sessions
 *   do not come at the same moment, and none while WhatsApp refuses this version of the gateway.
 * - **opening**: a socket is on its way; then QR codes (`waiting_for_scan`), the phone's yes
 *   (`linking`), and the restart that WhatsApp demands after it; or straight to **open** for a
 *   device that is linked already.
 * - **open**: `connected`. After five minutes of it, earlier failures are forgotten; a connection
 *   that opens and breaks at once must not count as a recovery.
 * - **waiting**: the connection ended for a reason that may pass, for as long as that reason asks.
 * - **stopped**: the reason does not pass by itself (nobody scanned, the phone removed the device,
 *   WhatsApp refuses the account). Only somebody who asks opens it again.
 *
 * Credentials are deleted in three cases only: WhatsApp says that the device is gone; WhatsApp has
 * refused the account for 24 hours; somebody asks to link again what WhatsApp no longer accepts.
 *
 * A ban and the deletion of credentials are durable: they are kept in the session's row, and a
 * session that comes back after a restart is *restored* to them.
 *
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
      return want(model, nowMs);
    case 'unwanted':
      return {
        model: {
          ...model,
          isWanted: false,
          mode: 'idle',
          ...shown('disconnected', model.notBeforeMs === null ? null : model.detail),
        },
        effects: [{ type: 'close' }],
      };
    case 'restored':
      return model.mode === 'idle' ? restore(model, event, nowMs) : { model, effects: [] };
    case 'turn':
      if (model.mode !== 'queued') return { model, effects: [] };
      return { model: { ...model, mode: 'opening' }, effects: [{ type: 'open' }] };
    case 'held':
      return changedIf(model, 'queued', shown('outdated', model.detail));
    case 'qr':
      return changedIf(model, 'opening', { state: 'waiting_for_scan', qr: event.qr });
    case 'linked':
      return changedIf(model, 'opening', { state: 'linking', qr: null });
    case 'opened':
      if (model.mode !== 'opening') return { model, effects: [] };
      return {
        model: {
          ...model,
          mode: 'open',
          ...shown('connected', null),
          unexplained: 0,
          notBeforeMs: null,
          forgetAtMs: null,
          refusedAtMs: null,
        },
        effects: [{ type: 'last-after', delayMs: LASTING_MS }],
      };
    case 'lasted':
      return changedIf(model, 'open', { failures: 0, refusals: 0 });
    case 'retry':
      return model.mode === 'waiting' ? queued(model, nowMs, model.state) : { model, effects: [] };
    case 'forget-due':
      return forget(model, nowMs);
    case 'closed':
      if (!model.isWanted || (model.mode !== 'opening' && model.mode !== 'open')) {
        return { model, effects: [] };
      }
      return afterClose({ ...model, qr: null }, event.end, nowMs, fraction);
  }
}

function want(model: SessionModel, nowMs: number): SessionStep {
  if (model.isWanted && model.mode !== 'stopped') return { model, effects: [] };
  const { refusedAtMs } = model;
  if (model.isWanted && refusedAtMs !== null && nowMs - refusedAtMs < REFUSED_AGAIN_MS) {
    return { model, effects: [] };
  }
  const fresh = { ...model, isWanted: true, ...NO_FAILURES };
  const step = queued(fresh, nowMs, 'connecting', { isFirst: true });
  // WhatsApp would only refuse the old link again, and whoever asks wants to link anew.
  return model.mode === 'stopped' && model.state === 'link_again'
    ? { model: step.model, effects: [{ type: 'forget-credentials' }, ...step.effects] }
    : step;
}

function restore(model: SessionModel, left: LeftSession, nowMs: number): SessionStep {
  const { isWanted, state, detail, notBeforeInMs, forgetInMs } = left;
  const restored = {
    ...model,
    isWanted,
    notBeforeMs: notBeforeInMs === null ? null : nowMs + notBeforeInMs,
    forgetAtMs: forgetInMs === null ? null : nowMs + forgetInMs,
  };
  const forgetting: SessionEffect[] =
    forgetInMs === null ? [] : [{ type: 'forget-after', delayMs: Math.max(forgetInMs, 0) }];
  if (!isWanted) return { model: restored, effects: forgetting };
  if (STAYS_STOPPED.has(state)) {
    return {
      model: { ...restored, mode: 'stopped', ...shown(state, detail) },
      effects: forgetting,
    };
  }
  const step = queued({ ...restored, detail }, nowMs, 'connecting');
  return { model: step.model, effects: [...forgetting, ...step.effects] };
}

/** A connection on its way is waited for: it may show that the account is well again. */
function forget(model: SessionModel, nowMs: number): SessionStep {
  if (model.forgetAtMs === null) return { model, effects: [] };
  const leftMs = model.forgetAtMs - nowMs;
  if (leftMs > 0 || model.mode === 'opening') {
    const delayMs = Math.max(leftMs, FORGET_AGAIN_MS);
    return { model, effects: [{ type: 'forget-after', delayMs }] };
  }
  return { model: { ...model, forgetAtMs: null }, effects: [{ type: 'forget-credentials' }] };
}

function changedIf(
  model: SessionModel,
  mode: SessionModel['mode'],
  change: Partial<SessionModel>,
): SessionStep {
  return { model: model.mode === mode ? { ...model, ...change } : model, effects: [] };
}
