import type { Candidate, NewChatCap, Opening, Pace } from '../../domain/pace.ts';
import type { PaceReason, PacingSettings } from '../../domain/pacing.ts';

/**
 * The pace of one account: which message may go now, as pure functions.
 *
 * `chooseNext` answers which of the waiting messages may go at this moment, or when to ask again and
 * why. `afterSending` and the functions for WhatsApp's refusals answer the pace that follows. Time
 * and chance are arguments, and everything that must survive a restart is in `Pace` or in the facts
 * about the chat, so it does not matter who asks next.
 *
 * - The account rests between two messages, for a time drawn anew each time.
 * - A chat gets a burst, then one message in a while (a token bucket, kept as the one moment until
 *   which the chat's messages are paid for).
 * - New chats, those that we begin, are counted in the last hour and the last 24 hours. A young
 *   account's day is smaller and grows. Who wrote to us lately gets an answer in any case, and a
 *   group is no new chat: somebody made us a member.
 * - Many new chats with one text: new chats are begun more slowly.
 * - WhatsApp refuses a new chat: none are begun for a while. It calls us too fast: everything rests
 *   for a while, then goes on at half the speed, which comes back slowly.
 * - WhatsApp has a cap on new chats for some accounts. It is asked for once a day and kept to.
 *
 * A temporary ban is not here: the connection is down until its end (`sessions/after-close.ts`).
 *
 * All times are milliseconds since 1970 by one clock, the database's.
 */
export type Choice<C extends Candidate> =
  | { readonly next: C }
  /** Ask again then, or when something changed. Infinity: only when something changed. */
  | { readonly next: null; readonly untilMs: number; readonly reason: PaceReason | null };

interface Hold {
  readonly untilMs: number;
  readonly reason: PaceReason;
}

const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;
const SLOWDOWN_MAX = 32;
/** After this long without a new complaint a slowdown is half of what it was. */
const SLOWDOWN_HALVES_IN_MS = HOUR_MS;
const DOUBLINGS_MAX = 10;
/** How much of WhatsApp's cap on new chats is used. */
const CAP_SHARE = 0.8;

/** The pace of an account that has done nothing yet. */
export function freshPace(linkedAtMs: number): Pace {
  return {
    nextAtMs: 0,
    nextOpeningAtMs: 0,
    openings: [],
    linkedAtMs,
    newChatsPausedUntilMs: 0,
    pausedUntilMs: 0,
    capAskedAtMs: 0,
    capLeft: null,
    capEndsAtMs: null,
    slowdown: 1,
    slowedAtMs: 0,
    strikes: 0,
  };
}

/** Whether a message to this chat begins a new chat. */
export function beginsChat(candidate: Candidate, settings: PacingSettings, nowMs: number): boolean {
  const { isGroup, lastSentAtMs, lastReceivedAtMs } = candidate;
  if (isGroup || lastSentAtMs !== null) return false;
  return lastReceivedAtMs === null || nowMs - lastReceivedAtMs > settings.replyHours * HOUR_MS;
}

/**
 * The first message that may go now.
 * @param candidates in the order in which they should go
 */
export function chooseNext<C extends Candidate>(
  pace: Pace,
  settings: PacingSettings,
  candidates: readonly C[],
  nowMs: number,
): Choice<C> {
  const rest = holdOfAccount(pace, nowMs);
  if (rest !== null) return { next: null, ...rest };
  const opening = holdOfNewChats(pace, settings, nowMs);
  let earliest: Hold | null = null;
  for (const candidate of candidates) {
    const hold = later(
      holdOfChat(candidate, settings, nowMs),
      beginsChat(candidate, settings, nowMs) ? opening : null,
    );
    if (hold === null) return { next: candidate };
    if (earliest === null || hold.untilMs < earliest.untilMs) earliest = hold;
  }
  return { next: null, untilMs: Infinity, reason: null, ...earliest };
}

/** What holds everything the account has to say, or null. */
export function holdOfAccount(pace: Pace, nowMs: number): Hold | null {
  const { nextAtMs, pausedUntilMs } = pace;
  return later(holdUntil(nextAtMs, 'gap', nowMs), holdUntil(pausedUntilMs, 'too_fast', nowMs));
}

/** What holds new chats, or null when one may be begun now. */
export function holdOfNewChats(pace: Pace, settings: PacingSettings, nowMs: number): Hold | null {
  const { newChatsPausedUntilMs, nextOpeningAtMs } = pace;
  const perHour = settings.newChatsPerHour;
  const perDay = newChatsPerDay(pace, settings, nowMs);
  const dayHasRoomAtMs = Math.min(
    whenRoom(pace.openings, perDay, DAY_MS, nowMs),
    whenDayGrows(pace, settings, perDay),
  );
  const isDayFull = whenRoom(pace.openings, perDay, DAY_MS, nowMs) > nowMs;
  return [
    holdUntil(newChatsPausedUntilMs, 'account_restricted', nowMs),
    holdUntil(nextOpeningAtMs, 'same_text', nowMs),
    holdUntil(whenCapAllows(pace), 'whatsapp_cap', nowMs),
    holdUntil(whenRoom(pace.openings, perHour, HOUR_MS, nowMs), 'new_chats_per_hour', nowMs),
    isDayFull ? holdUntil(dayHasRoomAtMs, 'new_chats_per_day', nowMs) : null,
  ].reduce(later, null);
}

/** How many more new chats WhatsApp's cap allows; null where it has none, or nobody knows. */
export function leftOfCap({ capLeft, capAskedAtMs, openings }: Pace): number | null {
  if (capLeft === null) return null;
  return Math.max(0, capLeft - openings.filter(({ atMs }) => atMs >= capAskedAtMs).length);
}

/** What WhatsApp said holds until its cycle ends, and no longer than until it is asked again. */
function whenCapAllows(pace: Pace): number {
  if (leftOfCap(pace) !== 0) return 0;
  return Math.min(pace.capEndsAtMs ?? Infinity, pace.capAskedAtMs + DAY_MS);
}

/** Whether WhatsApp is to be asked for its cap (again). */
export function isCapDue({ capAskedAtMs }: Pace, nowMs: number): boolean {
  return nowMs >= capAskedAtMs + DAY_MS;
}

/** How many new chats the account may begin in 24 hours at its age. */
export function newChatsPerDay(pace: Pace, settings: PacingSettings, nowMs: number): number {
  const { first, full, stepMs } = warmUpOf(settings);
  const ageMs = nowMs - pace.linkedAtMs;
  if (ageMs >= (full - first) * stepMs) return full;
  let steps = Math.max(0, Math.floor(ageMs / stepMs));
  // Steps are taken at whole milliseconds, so that a wait for one ends neither early nor late.
  if (Math.ceil((steps + 1) * stepMs) <= ageMs) steps += 1;
  return first + steps;
}

/** From `first` new chats a day to `full`, one more each `stepMs`. */
function warmUpOf(settings: PacingSettings): { first: number; full: number; stepMs: number } {
  const { newChatsPerDay: full, warmUpNewChatsPerDay, warmUpDays } = settings;
  const first = Math.min(warmUpNewChatsPerDay, full);
  return { first, full, stepMs: full === first ? 0 : (warmUpDays * DAY_MS) / (full - first) };
}

/** How many times slower than set the account is now. */
export function slowdownAt(pace: Pace, nowMs: number): number {
  const halvings = Math.max(0, nowMs - pace.slowedAtMs) / SLOWDOWN_HALVES_IN_MS;
  const slowdown = pace.slowdown * 2 ** -halvings;
  // What is left of it then is not worth a word.
  return slowdown < 1.05 ? 1 : slowdown;
}

/** Whether most of the last hour's new chats got one and the same text. */
function isRepetitive(
  openings: readonly Opening[],
  settings: PacingSettings,
  nowMs: number,
): boolean {
  const { sameTextChats, sameTextShare } = settings;
  const recent = openings.filter(({ atMs }) => atMs > nowMs - HOUR_MS);
  if (recent.length <= sameTextChats) return false;
  const counts = new Map<string, number>();
  for (const { textPrint } of recent) {
    if (textPrint !== null) counts.set(textPrint, (counts.get(textPrint) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values()) >= recent.length * sameTextShare;
}

/** The pace, and the chat's own part of it, once a message was taken for sending. */
export interface PaceStep {
  readonly pace: Pace;
  readonly chatPaidUntilMs: number;
  readonly isOpening: boolean;
}

/**
 * What follows from sending a message that `chooseNext` chose.
 * @param fraction a random number from 0 up to 1, for the length of the rest
 */
export function afterSending(
  pace: Pace,
  settings: PacingSettings,
  candidate: Candidate,
  nowMs: number,
  fraction: number,
): PaceStep {
  const { gapSecondsMin, gapSecondsMax, chatGapSeconds } = settings;
  const gapSeconds = gapSecondsMin + fraction * (gapSecondsMax - gapSecondsMin);
  const gapMs = Math.ceil(gapSeconds * SECOND_MS * slowdownAt(pace, nowMs));
  const isOpening = beginsChat(candidate, settings, nowMs);
  const openings = pace.openings.filter(({ atMs }) => atMs > nowMs - DAY_MS);
  // Also where the clock was set back the newest stays last.
  const openedAtMs = Math.max(nowMs, openings.at(-1)?.atMs ?? 0);
  if (isOpening) openings.push({ atMs: openedAtMs, textPrint: candidate.textPrint });
  const isSlow = isOpening && isRepetitive(openings, settings, nowMs);
  return {
    pace: {
      ...pace,
      openings,
      nextAtMs: nowMs + gapMs,
      nextOpeningAtMs: isSlow ? nowMs + gapMs * settings.sameTextSlowdown : pace.nextOpeningAtMs,
    },
    chatPaidUntilMs: Math.max(nowMs, candidate.chatPaidUntilMs) + chatGapSeconds * SECOND_MS,
    isOpening,
  };
}

/**
 * WhatsApp lets the account begin no new chats.
 * @param untilMs until when, if it told
 */
export function afterRestriction(
  pace: Pace,
  settings: PacingSettings,
  nowMs: number,
  untilMs: number | null = null,
): Pace {
  const endMs = untilMs ?? nowMs + settings.restrictionHours * HOUR_MS;
  return { ...pace, newChatsPausedUntilMs: Math.max(pace.newChatsPausedUntilMs, endMs) };
}

/**
 * WhatsApp was asked how many new chats it allows. A fifth of them is left to the phone and to what
 * is counted differently there.
 * @param cap null when it has none, or did not say
 */
export function afterCapAnswer(pace: Pace, cap: NewChatCap | null, nowMs: number): Pace {
  return {
    ...pace,
    capAskedAtMs: nowMs,
    capLeft: cap === null ? null : Math.max(0, Math.floor(cap.total * CAP_SHARE) - cap.used),
    capEndsAtMs: cap?.endsAtMs ?? null,
  };
}

/** WhatsApp says that the account sends too fast. Several answers to one burst count once. */
export function afterTooFast(pace: Pace, settings: PacingSettings, nowMs: number): Pace {
  if (nowMs < pace.pausedUntilMs) return pace;
  const slowdownBefore = slowdownAt(pace, nowMs);
  const strikes = (slowdownBefore === 1 ? 0 : pace.strikes) + 1;
  const restMs = settings.tooFastSeconds * SECOND_MS * 2 ** Math.min(strikes - 1, DOUBLINGS_MAX);
  return {
    ...pace,
    pausedUntilMs: nowMs + restMs,
    slowdown: Math.min(slowdownBefore * 2, SLOWDOWN_MAX),
    slowedAtMs: nowMs,
    strikes,
  };
}

function holdOfChat(candidate: Candidate, settings: PacingSettings, nowMs: number): Hold | null {
  const aheadMs = (settings.chatBurst - 1) * settings.chatGapSeconds * SECOND_MS;
  return holdUntil(candidate.chatPaidUntilMs - aheadMs, 'chat_gap', nowMs);
}

/** From when on fewer than `most` openings lie within the window. */
function whenRoom(
  openings: readonly Opening[],
  most: number,
  windowMs: number,
  nowMs: number,
): number {
  if (most === 0) return Infinity;
  const oldestThatMustLeave = openings.at(-most);
  return oldestThatMustLeave === undefined ? nowMs : oldestThatMustLeave.atMs + windowMs;
}

/** When a young account's day gets room for one more. */
function whenDayGrows(pace: Pace, settings: PacingSettings, perDay: number): number {
  const { first, full, stepMs } = warmUpOf(settings);
  if (perDay >= full) return Infinity;
  return pace.linkedAtMs + Math.ceil((perDay - first + 1) * stepMs);
}

function holdUntil(untilMs: number, reason: PaceReason, nowMs: number): Hold | null {
  return untilMs > nowMs ? { untilMs, reason } : null;
}

function later(one: Hold | null, other: Hold | null): Hold | null {
  if (one === null || other === null) return one ?? other;
  return one.untilMs >= other.untilMs ? one : other;
}

/** After so many urgent messages in a row another one has its turn. */
const URGENT_IN_A_ROW_MAX = 4;

/**
 * The order in which candidates should go: as given, urgent ones first, but now and then the others,
 * so that urgent ones never keep them away for good.
 */
export function putInTurn<C extends { readonly isUrgent: boolean }>(
  candidates: readonly C[],
  urgentInARow: number,
): readonly C[] {
  if (urgentInARow < URGENT_IN_A_ROW_MAX) return candidates;
  return [
    ...candidates.filter((candidate) => !candidate.isUrgent),
    ...candidates.filter((candidate) => candidate.isUrgent),
  ];
}

/** Whether WhatsApp's own word holds something back now. */
export function isRestricted(pace: Pace, nowMs: number): boolean {
  return pace.pausedUntilMs > nowMs || pace.newChatsPausedUntilMs > nowMs;
}
