/**
 * Whether a sweep may do what time seems to ask for.
 *
 * A clock that jumps ahead makes every service look expired, and a sweep that believes it suspends,
 * and later deletes, the customers of a whole shop. So a sweep holds still while the database's clock
 * and this machine's monotonic clock disagree about how much time has passed, and when more services
 * at once have come due than in any ordinary hour. Then a human looks, and confirms.
 */
export interface SweepOutlook {
  /** Services that the sweep would suspend or remove. */
  readonly dueCount: number;
  /** All that are not removed. */
  readonly servicesCount: number;
  /** How far the database's clock has run ahead of the monotonic clock since the first look. */
  readonly clockLeadMs: number;
}

export type SweepDecision =
  | { readonly go: true }
  | { readonly go: false; readonly why: 'clock_jumped' | 'too_many_at_once' };

const CLOCK_LEAD_MS_MAX = 60 * 60 * 1000;
const SHARE_MAX = 0.05;
/** A small shop may well see all of its services expire on one day. */
const ALWAYS_ALLOWED = 20;

/** @returns whether to go on, or why not */
export function decideSweep({ dueCount, servicesCount, clockLeadMs }: SweepOutlook): SweepDecision {
  if (Math.abs(clockLeadMs) > CLOCK_LEAD_MS_MAX) return { go: false, why: 'clock_jumped' };
  const isTooMany = dueCount > Math.max(ALWAYS_ALLOWED, servicesCount * SHARE_MAX);
  return isTooMany ? { go: false, why: 'too_many_at_once' } : { go: true };
}
