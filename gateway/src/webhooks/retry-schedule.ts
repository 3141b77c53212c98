import { EVENT_LIFETIME_MS } from '../domain/event.ts';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Before each try after the first, as Standard Webhooks advises; then once a day. */
const DELAYS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  DAY_MS,
];
/** The last of them is made when the lifetime is over. */
const ATTEMPTS_MAX = 14;
const JITTER = 0.2;
/** For an endpoint that says, or shows, that it has too much to do. */
const OVERLOADED_MS_MIN = 30 * SECOND_MS;

/** A failed attempt, as far as the time of the next one depends on it. */
export interface FailedAttempt {
  /** How often it was tried, this time included. */
  readonly attempts: number;
  readonly queuedAtMs: number;
  /** What the endpoint asked for, or null. */
  readonly retryAfterMs: number | null;
  readonly isOverloaded: boolean;
}

/**
 * How long to wait after `count` failures, without chance.
 * @param count from 1
 */
export function delayAfterMs(count: number): number {
  return DELAYS_MS[count - 1] ?? DAY_MS;
}

/** A delay, up to a fifth shorter or longer: what failed together does not come back together. */
export function withJitter(delayMs: number, fraction: number): number {
  return Math.round(delayMs * (1 - JITTER + 2 * JITTER * fraction));
}

/**
 * When a delivery is tried again, or null when it was tried for its whole lifetime. What the
 * endpoint asks for counts between the planned delay and twice that.
 * @param fraction a random number from 0 up to 1
 */
export function nextAttemptAtMs(
  { attempts, queuedAtMs, retryAfterMs, isOverloaded }: FailedAttempt,
  nowMs: number,
  fraction: number,
): number | null {
  // Whoever waits for a first attempt is not left to grow so old: such an age is of a clock that was
  // wrong, and the lifetime begins now (as `recordAttempts` keeps it).
  const isMisdated = attempts === 1 && nowMs >= queuedAtMs + EVENT_LIFETIME_MS;
  const endMs = (isMisdated ? nowMs : queuedAtMs) + EVENT_LIFETIME_MS;
  if (attempts >= ATTEMPTS_MAX || nowMs >= endMs) return null;
  if (attempts === ATTEMPTS_MAX - 1) return endMs;
  const planned = Math.max(delayAfterMs(attempts), isOverloaded ? OVERLOADED_MS_MIN : 0);
  const asked = Math.min(Math.max(retryAfterMs ?? 0, planned), 2 * planned);
  const delayMs = retryAfterMs === null ? withJitter(planned, fraction) : asked;
  return Math.min(nowMs + delayMs, endMs);
}
