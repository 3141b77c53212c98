import type { ConnectionEnd, ConnectionState } from '../domain/connection-state.ts';
import { queued, shown, type SessionModel, type SessionStep } from './session-model.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const LOST = { firstMs: SECOND_MS, mostMs: MINUTE_MS };
const SERVER_ERROR = { firstMs: 5 * SECOND_MS, mostMs: 5 * MINUTE_MS };
const OUTDATED = { firstMs: MINUTE_MS, mostMs: HOUR_MS };
const ATTENTION_MS = 15 * MINUTE_MS;
const UNEXPLAINED_MAX = 5;
const UNTRUSTED_MS = 5 * MINUTE_MS;
const REPLACED_MS = 30 * SECOND_MS;
const REPLACED_WITHIN_MS = 10 * MINUTE_MS;
const REPLACED_TIMES_MAX = 3;
/** Where WhatsApp does not say how long a ban lasts. */
const BAN_MS = HOUR_MS;
const BAN_MS_MAX = 366 * DAY_MS;
const BAN_JITTER_MS_MAX = 10 * MINUTE_MS;
/** How long the credentials of a refused account are kept, for the case that it is let in again. */
const KEPT_MS = DAY_MS;

/**
 * What follows the end of a connection that was wanted: the next try after a while, or a stop.
 * `docs/connection-states.md` lists it for every number of WhatsApp.
 */
export function afterClose(
  model: SessionModel,
  end: ConnectionEnd,
  nowMs: number,
  fraction: number,
): SessionStep {
  const { reason, detail } = end;
  const { failures, refusals } = model;
  switch (reason) {
    case 'restart_required':
      return queued(model, nowMs, 'linking', { isFirst: true });
    case 'link_expired':
    case 'link_again':
      return stopped(model, reason, detail);
    case 'logged_out': {
      const { model: ended } = stopped({ ...model, forgetAtMs: null }, reason, detail);
      return { model: ended, effects: [{ type: 'forget-credentials' }] };
    }
    case 'locked':
    case 'banned':
      return refused(model, reason, detail, nowMs);
    case 'temporarily_banned':
      return banned(model, end, nowMs, fraction);
    case 'replaced':
      return replaced(model, detail, nowMs, fraction);
    case 'outdated':
      return waiting(refusedOnce(model), reason, detail, backoffMs(OUTDATED, refusals, fraction));
    case 'untrusted':
      return waiting(model, reason, detail, UNTRUSTED_MS * (1 + fraction));
    case 'server_error': {
      const delayMs = backoffMs(SERVER_ERROR, refusals, fraction);
      return waiting(refusedOnce(model), 'whatsapp_unavailable', detail, delayMs);
    }
    case 'unexplained':
      return unexplained(model, detail, fraction);
    case 'unreachable':
      return waiting(failedOnce(model), reason, detail, fullJitterMs(failures, fraction));
    case 'asked':
    case 'lost':
      return waiting(
        failedOnce(model),
        'waiting_to_retry',
        detail,
        fullJitterMs(failures, fraction),
      );
  }
}

function replaced(
  model: SessionModel,
  detail: string,
  nowMs: number,
  fraction: number,
): SessionStep {
  const recent = model.replacedAtMs.filter((atMs) => nowMs - atMs < REPLACED_WITHIN_MS);
  const next = { ...model, replacedAtMs: [...recent, nowMs] };
  return next.replacedAtMs.length >= REPLACED_TIMES_MAX
    ? stopped(next, 'conflict', detail)
    : waiting(next, 'replaced', detail, REPLACED_MS * (1 + fraction / 3));
}

/** The 24 hours count from the first refusal, however often somebody tries meanwhile. */
function refused(
  model: SessionModel,
  state: 'locked' | 'banned',
  detail: string,
  nowMs: number,
): SessionStep {
  const forgetAtMs = model.forgetAtMs ?? nowMs + KEPT_MS;
  const { model: ended } = stopped({ ...model, forgetAtMs, refusedAtMs: nowMs }, state, detail);
  return { model: ended, effects: [{ type: 'forget-after', delayMs: forgetAtMs - nowMs }] };
}

function banned(
  model: SessionModel,
  { detail, banMs }: ConnectionEnd,
  nowMs: number,
  fraction: number,
): SessionStep {
  const lastsMs = Math.min(banMs ?? BAN_MS, BAN_MS_MAX);
  const delayMs =
    lastsMs + fraction * Math.min(Math.max(lastsMs / 10, MINUTE_MS), BAN_JITTER_MS_MAX);
  const next = { ...model, notBeforeMs: nowMs + delayMs };
  return waiting(next, 'temporarily_banned', detail, delayMs);
}

/** Whatever it is, it may pass: tries go on, and after some in vain more slowly. */
function unexplained(model: SessionModel, detail: string, fraction: number): SessionStep {
  const count = model.mode === 'opening' ? model.unexplained + 1 : 0;
  const next = { ...failedOnce(model), unexplained: count };
  return count >= UNEXPLAINED_MAX
    ? waiting(next, 'needs_attention', detail, ATTENTION_MS * (1 + fraction))
    : waiting(next, 'waiting_to_retry', detail, fullJitterMs(model.failures, fraction));
}

/** Full jitter: anything from nothing to the doubled wait. */
function fullJitterMs(failures: number, fraction: number): number {
  return fraction * Math.min(LOST.firstMs * 2 ** failures, LOST.mostMs);
}

/** The doubled wait at least, but for its longest, and up to half of it more. */
function backoffMs(
  { firstMs, mostMs }: { firstMs: number; mostMs: number },
  failures: number,
  fraction: number,
): number {
  const baseMs = Math.min(firstMs * 2 ** failures, mostMs / 1.5);
  return baseMs * (1 + fraction / 2);
}

function failedOnce(model: SessionModel): SessionModel {
  return { ...model, failures: model.failures + 1 };
}

function refusedOnce(model: SessionModel): SessionModel {
  return { ...model, refusals: model.refusals + 1 };
}

function waiting(
  model: SessionModel,
  state: ConnectionState,
  detail: string,
  delayMs: number,
): SessionStep {
  return {
    model: { ...model, mode: 'waiting', ...shown(state, detail) },
    effects: [{ type: 'retry-after', delayMs }],
  };
}

function stopped(model: SessionModel, state: ConnectionState, detail: string): SessionStep {
  return { model: { ...model, mode: 'stopped', ...shown(state, detail) }, effects: [] };
}
