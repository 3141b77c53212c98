import { addMonths, dayOfMonth } from './months.ts';

/**
 * The life of a service, as a pure function.
 *
 *   active --(its time is over, or by hand)--> suspended --(20 days)--> removed
 *      ^                                          |
 *      +------(renewed, or unsuspended)-----------+
 *
 * - A service is suspended by two things that do not know of each other: its time is over, or a hand
 *   did it. Renewing undoes the first, `unsuspend` the second; active is who has neither.
 * - Twenty days after both its suspension and its time have passed it is removed: time that was paid
 *   for is never taken away by removal.
 * - `renew` adds months to the later of now and the expiry, so nobody loses days by paying early and
 *   nobody pays for days that are gone. The day of the month stays the one it was bought on, where
 *   the month has it: 31 January, 28 February, 31 March.
 * - Time whose charge was taken back is gone from the expiry; if that ends the service's time, the
 *   twenty days begin then.
 * - Removed is final, but that the operator may undo a removal by the clock for a day: the service is
 *   suspended again, for twenty days more.
 */
export interface ServiceLife {
  readonly state: ServiceState;
  readonly isSuspendedByHand: boolean;
  readonly suspendedAtMs: number | null;
  readonly expiresAtMs: number;
  /** The day of the month on which its time ends, where the month has it. */
  readonly billingDay: number;
}

type ServiceState = 'active' | 'suspended' | 'removed';

export type LifeEvent =
  | { readonly type: 'suspend' }
  | { readonly type: 'unsuspend' }
  | { readonly type: 'renew'; readonly months: number }
  /** Months that were bought are taken back, with their money. */
  | { readonly type: 'take-back'; readonly months: number }
  | { readonly type: 'remove' }
  /** Time has passed. */
  | { readonly type: 'look' };

/** What becomes of it, or why it can not be done. */
export type LifeStep =
  | { readonly life: ServiceLife }
  | { readonly refusal: 'service_not_found' | 'service_expired' };

/** How long a suspended service is kept. */
export const SUSPENDED_DAYS_MAX = 20;
const DAY_MS = 86_400_000;

/** @param nowMs by the database's clock */
export function stepLife(life: ServiceLife, event: LifeEvent, nowMs: number): LifeStep {
  if (life.state === 'removed') return { refusal: 'service_not_found' };
  switch (event.type) {
    case 'suspend':
      return settle({ ...life, isSuspendedByHand: true }, nowMs);
    case 'unsuspend':
      if (life.expiresAtMs <= nowMs) return { refusal: 'service_expired' };
      return settle({ ...life, isSuspendedByHand: false }, nowMs);
    case 'renew':
      return settle(renewed(life, event.months, nowMs), nowMs);
    case 'take-back':
      return settle(takenBack(life, event.months), nowMs);
    case 'remove':
      return { life: { ...life, state: 'removed' } };
    case 'look':
      return settle(life, nowMs);
  }
}

/** A removed service that is brought back. */
export function broughtBack(life: ServiceLife, nowMs: number): ServiceLife {
  return { ...life, state: 'suspended', suspendedAtMs: nowMs };
}

/** When a suspended service is removed, milliseconds since 1970; null while it is not suspended. */
export function removalAtMs({ suspendedAtMs, expiresAtMs }: ServiceLife): number | null {
  if (suspendedAtMs === null) return null;
  return Math.max(suspendedAtMs, expiresAtMs) + SUSPENDED_DAYS_MAX * DAY_MS;
}

function renewed(life: ServiceLife, months: number, nowMs: number): ServiceLife {
  if (life.expiresAtMs > nowMs) {
    const expiresAtMs = addMonths(life.expiresAtMs, months, life.billingDay);
    return { ...life, expiresAtMs };
  }
  const billingDay = dayOfMonth(nowMs);
  return { ...life, billingDay, expiresAtMs: addMonths(nowMs, months, billingDay) };
}

function takenBack(life: ServiceLife, months: number): ServiceLife {
  const expiresAtMs = addMonths(life.expiresAtMs, -months, life.billingDay);
  return { ...life, expiresAtMs, suspendedAtMs: null };
}

/** What follows from the two reasons to be suspended, and from time. */
function settle(life: ServiceLife, nowMs: number): LifeStep {
  const isSuspended = life.isSuspendedByHand || life.expiresAtMs <= nowMs;
  if (!isSuspended) return { life: { ...life, state: 'active', suspendedAtMs: null } };
  const suspended: ServiceLife = {
    ...life,
    state: 'suspended',
    suspendedAtMs: life.suspendedAtMs ?? nowMs,
  };
  const isOver = (removalAtMs(suspended) ?? Infinity) <= nowMs;
  return { life: isOver ? { ...suspended, state: 'removed' } : suspended };
}
