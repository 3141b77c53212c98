import type { Pace } from '../../domain/pace.ts';
import type { PaceReason, PacingSettings } from '../../domain/pacing.ts';
import { holdOfAccount, holdOfNewChats, leftOfCap, newChatsPerDay, slowdownAt } from './pace.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What holds something back, for whoever waits. */
export interface Hindrance {
  readonly reason: PaceReason;
  /** Milliseconds since 1970; null until something changes. */
  readonly untilMs: number | null;
}

/** Where a paced account stands, for its owner. */
export interface PaceReport {
  /** What holds the next message back, new chat or not. */
  readonly next: Hindrance | null;
  readonly newChats: {
    readonly lastHour: number;
    readonly lastDay: number;
    readonly hourMax: number;
    /** What the day allows at the account's age. */
    readonly dayMax: number;
    /** How many more WhatsApp's own cap allows, null where it has none. */
    readonly whatsAppAllows: number | null;
    /** What holds new chats back. */
    readonly hindrance: Hindrance | null;
  };
  /** How many times slower than set the account is. */
  readonly slowdown: number;
}

/** Tells where an account stands. */
export function reportPace(pace: Pace, settings: PacingSettings, nowMs: number): PaceReport {
  const countSince = (windowMs: number): number =>
    pace.openings.filter(({ atMs }) => atMs > nowMs - windowMs).length;
  return {
    next: told(holdOfAccount(pace, nowMs)),
    newChats: {
      lastHour: countSince(HOUR_MS),
      lastDay: countSince(DAY_MS),
      hourMax: settings.newChatsPerHour,
      dayMax: newChatsPerDay(pace, settings, nowMs),
      whatsAppAllows: leftOfCap(pace),
      hindrance: told(holdOfNewChats(pace, settings, nowMs)),
    },
    slowdown: Math.round(slowdownAt(pace, nowMs) * 100) / 100,
  };
}

function told(hold: { readonly reason: PaceReason; readonly untilMs: number } | null) {
  if (hold === null) return null;
  return { reason: hold.reason, untilMs: hold.untilMs === Infinity ? null : hold.untilMs };
}
