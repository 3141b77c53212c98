/**
 * Where an account stands: what its messages so far and WhatsApp's refusals leave behind. All times
 * are milliseconds since 1970 by the database's clock; 0 is never.
 */
export interface Pace {
  /** Nothing goes earlier. */
  readonly nextAtMs: number;
  /** No new chat is begun earlier. */
  readonly nextOpeningAtMs: number;
  /** The new chats of the last 24 hours, oldest first. */
  readonly openings: readonly Opening[];
  /** Since when the account is linked; it warms up from then on. */
  readonly linkedAtMs: number;
  readonly newChatsPausedUntilMs: number;
  /** WhatsApp called the account too fast: nothing goes earlier. */
  readonly pausedUntilMs: number;
  /** When WhatsApp was asked how many new chats it allows, ... */
  readonly capAskedAtMs: number;
  /** ... how many more may be begun since then, null if it does not say, ... */
  readonly capLeft: number | null;
  /** ... and until when that holds; null if it does not say. */
  readonly capEndsAtMs: number | null;
  /** How many times slower than set, as it was at `slowedAtMs`; at least 1. */
  readonly slowdown: number;
  readonly slowedAtMs: number;
  /** How often WhatsApp called the account too fast since full speed. */
  readonly strikes: number;
}

/** How many new chats WhatsApp allows an account in a cycle of its own. */
export interface NewChatCap {
  readonly total: number;
  readonly used: number;
  /** When the next cycle begins, milliseconds since 1970; null if it does not say. */
  readonly endsAtMs: number | null;
}

/** A new chat that was begun. */
export interface Opening {
  readonly atMs: number;
  /** Names the text, so that equal ones are seen; null for no text. */
  readonly textPrint: string | null;
}

/** What is known about the chat of a waiting message. */
export interface Candidate {
  readonly chat: string;
  readonly isGroup: boolean;
  readonly textPrint: string | null;
  /** Null: we never wrote there. */
  readonly lastSentAtMs: number | null;
  readonly lastReceivedAtMs: number | null;
  /** Until when the chat's messages so far are paid for; 0 when there were none. */
  readonly chatPaidUntilMs: number;
}
