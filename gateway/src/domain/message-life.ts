import { higherTick, type MessageState, type Tick } from './message-state.ts';

/**
 * What leads a message from one state to the next, as a pure function. Each event has one SQL
 * statement in `storage/`, and a test holds every one of them against
 * this function, for every state: what is impossible here changes no row there.
 *
 * - **Waiting** (`accepted`, `fetching`, `ready`, `held`) a message may be cancelled, and expires when its
 *   time is over. Only a waiting message does.
 * - It is **claimed** when it is due and not past its expiry. From then on WhatsApp may have it, so it
 *   neither expires nor is cancelled. It leaves `sending` by an answer, or because it certainly was
 *   not taken (*returned*, *postponed*), or because it is *given up* with a reason.
 * - *Held* aside by pacing (`outbox/pacing/`) a due message keeps nobody behind it waiting; it is
 *   *freed* again, or *chosen*: claimed alone, which it may be from there, too.
 * - *Claimed again*: after a reconnect, under the same WhatsApp id. Every claim counts as an attempt.
 * - A **tick** is WhatsApp's word and outweighs every belief of ours, whatever came before it: two
 *   copies of a message may be answered differently, and in either order the tick stays. It only
 *   needs that the message was ever claimed.
 * - A **refusal** ends a message that is being sent, and nothing else.
 * - *Resent* by hand, what failed or expired begins anew under its old WhatsApp id, so that a phone
 *   that has it already does not show it again. If its file is gone it is fetched again first.
 * - *Owner died*: the process that was handing it over died without a word; three of these in a row
 *   set a message aside (`isPoison`). *Survived*: it was handed over again, alone, and nobody died.
 */
export interface MessageLife {
  readonly state: MessageState;
  /** The public reason, of a failed message. */
  readonly failure: string | null;
  /** How often it was claimed since it was accepted, or resent by hand. */
  readonly attempts: number;
  /** How often in a row the process that was handing it over died. */
  readonly crashes: number;
  /** Whether it was ever claimed: only then can WhatsApp speak of it. */
  readonly wasClaimed: boolean;
  /** Since when WhatsApp may have it without an answer; null before the first claim. */
  readonly inDoubtSinceMs: number | null;
  readonly dueAtMs: number;
  /** Null never expires. */
  readonly expiresAtMs: number | null;
  /** Whether its time was asked for. */
  readonly isScheduled: boolean;
}

/** What may happen to a message. */
export type MessageEvent =
  | { readonly type: 'fetched' }
  | { readonly type: 'fetch-failed'; readonly reason: string }
  | { readonly type: 'shown-as-queued' }
  | { readonly type: 'claimed' }
  | { readonly type: 'held' }
  | { readonly type: 'freed' }
  | { readonly type: 'chosen' }
  | { readonly type: 'claimed-again' }
  | { readonly type: 'returned' }
  | { readonly type: 'postponed'; readonly delayMs: number }
  | { readonly type: 'given-up'; readonly reason: string }
  | { readonly type: 'ticked'; readonly tick: Tick }
  | { readonly type: 'refused'; readonly reason: string }
  | { readonly type: 'owner-died' }
  | { readonly type: 'survived' }
  | { readonly type: 'expired' }
  | { readonly type: 'cancelled' }
  | { readonly type: 'queue-emptied' }
  | { readonly type: 'resent'; readonly expiresAtMs: number | null; readonly mustFetch: boolean };

/** A resend under the same id is harmless, so many crashes in a row give nothing up early. */
const DOUBT_MS_MAX = 60 * 60 * 1000;
/** How often a message is tried before it is given up. */
export const ATTEMPTS_MAX = 4;
const CRASHES_MAX = 3;
/** One more sets a message aside. */
export const CRASHES_OF_PRIME_SUSPECT = CRASHES_MAX - 1;

/**
 * Whether a message that was claimed again is to be given up as `unknown_outcome`.
 * @param attempts this one included
 * @param inDoubtMs since it was first handed over without an answer
 */
export function isHopeless(attempts: number, inDoubtMs: number): boolean {
  return attempts > ATTEMPTS_MAX && inDoubtMs > DOUBT_MS_MAX;
}

/** Whether a message is to be set aside because handing it over kills the process. */
export function isPoison(crashes: number): boolean {
  return crashes >= CRASHES_MAX;
}

/** Whether a message has not been claimed, or is back in the queue. */
function isWaiting(state: MessageState): boolean {
  return ['accepted', 'fetching', 'ready', 'held'].includes(state);
}

/**
 * @param nowMs milliseconds since 1970 by the database's clock
 * @returns the life afterwards; the very same object when the event is impossible
 */
export function stepMessage(life: MessageLife, event: MessageEvent, nowMs: number): MessageLife {
  const { state } = life;
  const isDue = life.dueAtMs <= nowMs;
  const isOver = life.expiresAtMs !== null && life.expiresAtMs <= nowMs;
  switch (event.type) {
    case 'fetched':
      return state === 'fetching' ? { ...life, state: 'ready' } : life;
    case 'fetch-failed':
      return state === 'fetching' ? { ...life, state: 'failed', failure: event.reason } : life;
    case 'shown-as-queued':
      return state === 'accepted' && isDue ? { ...life, state: 'ready' } : life;
    case 'claimed':
      if ((state !== 'accepted' && state !== 'ready') || !isDue || isOver) return life;
      return { ...attempted(life), state: 'sending', wasClaimed: true, inDoubtSinceMs: nowMs };
    case 'chosen':
      if (!isWaiting(state) || state === 'fetching' || !isDue || isOver) return life;
      return { ...attempted(life), state: 'sending', wasClaimed: true, inDoubtSinceMs: nowMs };
    case 'held':
      if ((state !== 'accepted' && state !== 'ready') || !isDue) return life;
      return { ...life, state: 'held' };
    case 'freed':
      return state === 'held' ? { ...life, state: 'ready' } : life;
    case 'claimed-again':
      return state === 'sending' ? attempted(life) : life;
    case 'returned':
      if (state !== 'sending') return life;
      return { ...life, state: 'ready', attempts: life.attempts - 1 };
    case 'postponed':
      if (state !== 'sending') return life;
      return { ...life, state: 'ready', dueAtMs: nowMs + event.delayMs };
    case 'given-up':
    case 'refused':
      return state === 'sending' ? { ...life, state: 'failed', failure: event.reason } : life;
    case 'ticked':
      return life.wasClaimed ? ticked(life, event.tick) : life;
    case 'owner-died':
      return state === 'sending' ? { ...life, crashes: life.crashes + 1 } : life;
    case 'survived':
      return state === 'sending' && life.crashes > 0 ? { ...life, crashes: 0 } : life;
    case 'expired':
      return isWaiting(state) && isOver ? { ...life, state: 'expired' } : life;
    case 'cancelled':
      return isWaiting(state) ? { ...life, state: 'cancelled' } : life;
    case 'queue-emptied':
      if (!isWaiting(state) || (life.isScheduled && !isDue)) return life;
      return { ...life, state: 'cancelled' };
    case 'resent':
      if (state !== 'failed' && state !== 'expired') return life;
      return {
        ...life,
        state: event.mustFetch ? 'fetching' : 'ready',
        failure: null,
        attempts: 0,
        crashes: 0,
        dueAtMs: nowMs,
        expiresAtMs: event.expiresAtMs,
      };
  }
}

function attempted(life: MessageLife): MessageLife {
  return { ...life, attempts: life.attempts + 1 };
}

function ticked(life: MessageLife, tick: Tick): MessageLife {
  const { state } = life;
  const isTicked = state === 'server' || state === 'phone' || state === 'read';
  const next = isTicked ? higherTick(state, tick) : tick;
  return next === state ? life : { ...life, state: next, failure: null };
}
