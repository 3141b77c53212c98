import type { WebhookMode } from '../domain/event.ts';
import { delayAfterMs, withJitter } from './retry-schedule.ts';

/**
 * How a webhook is used, as a pure function.
 *
 * - **flowing**: whatever is due goes, several at once. After a failure one at a time, until one
 *   arrives.
 * - **resting**: five failed in a row. One delivery at a time is tried, as a probe, at times that
 *   grow apart like those of a single delivery; all others wait without spending their attempts.
 * - **draining**: it answers again. What has waited goes in order, at first 20 a second, twice as
 *   many every ten seconds, so that it is not overwhelmed the moment it comes back; one failure and
 *   it rests again. Once nothing waits, or nothing needs to be held back any more, it flows.
 * - **disabled**: it said that it is gone (410), or everything failed for five days. Events go on
 *   waiting for it; only its owner opens it again.
 */
export interface WebhookModel {
  readonly mode: WebhookMode;
  /** In a row. */
  readonly failures: number;
  /** Failed ones, since it rests. */
  readonly probes: number;
  readonly failingSinceMs: number | null;
  /** While it rests. */
  readonly probeAtMs: number | null;
  readonly drain: Drain | null;
}

interface Drain {
  readonly perSecond: number;
  readonly raisedAtMs: number;
  /** When the next may begin. */
  readonly nextAtMs: number;
}

export type WebhookEvent =
  /** A delivery begins. */
  | { readonly type: 'began' }
  | { readonly type: 'delivered' }
  | { readonly type: 'failed'; readonly isProbe: boolean; readonly isGone: boolean }
  /** Nothing is due. */
  | { readonly type: 'drained' };

export type WebhookEffect =
  /** Others must know how it stands: after a restart, and for those who look. */
  | { readonly type: 'save' }
  /** What waits for its next try needs to wait no longer. */
  | { readonly type: 'hasten' }
  /** As `save`, with the event that says so. */
  | { readonly type: 'disable'; readonly reason: 'gone' | 'failing' };

export interface WebhookStep {
  readonly model: WebhookModel;
  readonly effects: readonly WebhookEffect[];
}

export const FLOWING_WEBHOOK: WebhookModel = {
  mode: 'flowing',
  failures: 0,
  probes: 0,
  failingSinceMs: null,
  probeAtMs: null,
  drain: null,
};

const AT_ONCE_MAX = 4;
const FAILURES_MAX = 5;
const FAILING_MS_MAX = 5 * 24 * 60 * 60 * 1000;
const DRAIN_PER_SECOND_FIRST = 20;
const DRAIN_RAISED_EVERY_MS = 10_000;
const DRAIN_PER_SECOND_MAX = 1000;

/**
 * How many more deliveries may begin now.
 * @param inFlight how many are on their way
 */
export function mayBegin(model: WebhookModel, inFlight: number, nowMs: number): number {
  switch (model.mode) {
    case 'flowing':
      return (model.failures === 0 ? AT_ONCE_MAX : 1) - inFlight;
    case 'resting':
      return inFlight === 0 && nowMs >= (model.probeAtMs ?? 0) ? 1 : 0;
    case 'draining':
      return nowMs >= (model.drain?.nextAtMs ?? 0) && inFlight < AT_ONCE_MAX ? 1 : 0;
    case 'disabled':
      return 0;
  }
}

/** When more may begin although nothing else happens, or null. */
export function mayBeginAtMs(model: WebhookModel): number | null {
  if (model.mode === 'resting') return model.probeAtMs;
  return model.mode === 'draining' ? (model.drain?.nextAtMs ?? null) : null;
}

/** @param fraction a random number from 0 up to 1, for the jitter */
export function stepWebhook(
  model: WebhookModel,
  event: WebhookEvent,
  nowMs: number,
  fraction: number,
): WebhookStep {
  switch (event.type) {
    case 'began':
      return afterBegin(model, nowMs);
    case 'delivered':
      return afterDelivery(model, nowMs);
    case 'failed':
      return afterFailure(model, event.isProbe, event.isGone, nowMs, fraction);
    case 'drained':
      return model.mode === 'draining'
        ? { model: FLOWING_WEBHOOK, effects: [{ type: 'save' }] }
        : { model, effects: [] };
  }
}

function afterBegin(model: WebhookModel, nowMs: number): WebhookStep {
  if (model.drain === null) return { model, effects: [] };
  const isRaised = nowMs - model.drain.raisedAtMs >= DRAIN_RAISED_EVERY_MS;
  const perSecond = model.drain.perSecond * (isRaised ? 2 : 1);
  if (perSecond > DRAIN_PER_SECOND_MAX) {
    return { model: FLOWING_WEBHOOK, effects: [{ type: 'save' }] };
  }
  const raisedAtMs = isRaised ? nowMs : model.drain.raisedAtMs;
  const drain = { perSecond, raisedAtMs, nextAtMs: nowMs + 1000 / perSecond };
  return { model: { ...model, drain }, effects: [] };
}

function afterDelivery(model: WebhookModel, nowMs: number): WebhookStep {
  if (model.mode === 'disabled' || model.mode === 'draining') return { model, effects: [] };
  if (model.mode === 'flowing') {
    return model.failures === 0
      ? { model, effects: [] }
      : { model: FLOWING_WEBHOOK, effects: [{ type: 'save' }] };
  }
  const drain = { perSecond: DRAIN_PER_SECOND_FIRST, raisedAtMs: nowMs, nextAtMs: nowMs };
  return {
    model: { ...FLOWING_WEBHOOK, mode: 'draining', drain },
    effects: [{ type: 'save' }, { type: 'hasten' }],
  };
}

function afterFailure(
  model: WebhookModel,
  isProbe: boolean,
  isGone: boolean,
  nowMs: number,
  fraction: number,
): WebhookStep {
  if (model.mode === 'disabled') return { model, effects: [] };
  const failingSinceMs = model.failingSinceMs ?? nowMs;
  const failing = { ...model, failures: model.failures + 1, failingSinceMs };
  if (isGone || nowMs - failingSinceMs >= FAILING_MS_MAX) {
    return {
      model: { ...failing, mode: 'disabled', probeAtMs: null, drain: null },
      effects: [{ type: 'disable', reason: isGone ? 'gone' : 'failing' }],
    };
  }
  // One that was on its way when it began to rest says nothing new.
  if (model.mode === 'resting' && !isProbe) return { model: failing, effects: [] };
  const rests = model.mode !== 'flowing' || failing.failures >= FAILURES_MAX;
  if (!rests) return { model: failing, effects: [{ type: 'save' }] };
  const probes = model.mode === 'resting' ? model.probes + 1 : 0;
  const probeAtMs = nowMs + withJitter(delayAfterMs(probes + 1), fraction);
  return {
    model: { ...failing, mode: 'resting', probes, probeAtMs, drain: null },
    effects: [{ type: 'save' }],
  };
}
