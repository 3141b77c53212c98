import { Problem } from './errors.ts';
import { cents, type Cents } from './money.ts';

/** What a reseller sells. Ids, names and levels are the documented ones. */
export interface Plan {
  readonly id: number;
  readonly name: string;
  /** As `serviceSettings` shows it. */
  readonly level: number;
  readonly hasWebhooks: boolean;
}

const PLANS: readonly Plan[] = [
  { id: 2, name: 'Basic', level: 1, hasWebhooks: false },
  { id: 3, name: 'Pro', level: 2, hasWebhooks: false },
  { id: 4, name: 'Premium', level: 3, hasWebhooks: true },
];

/** What an agent pays for a month of service, whatever the plan: fixed, as documented. */
const PRICE_PER_MONTH: Cents = cents(500);

/** Months that can be bought at once. */
const CYCLES: readonly number[] = [1, 3, 6, 12];

/** Whether there is a plan with this id. */
export function isPlan(id: number): boolean {
  return PLANS.some((plan) => plan.id === id);
}

/** @throws Problem `invalid_parameter` for a plan that does not exist */
export function planOf(id: number): Plan {
  const plan = PLANS.find((candidate) => candidate.id === id);
  if (plan === undefined) {
    throw new Problem('invalid_parameter', 'The planId must be 2 (Basic), 3 (Pro) or 4 (Premium).');
  }
  return plan;
}

/** The plans that include webhooks: the one gate that is documented. */
export const PLANS_WITH_WEBHOOKS: readonly number[] = PLANS.filter((plan) => plan.hasWebhooks).map(
  (plan) => plan.id,
);

/** @throws Problem `invalid_parameter` for a number of months that is not sold */
export function cycleOf(months: number): number {
  if (!CYCLES.includes(months)) {
    throw new Problem('invalid_parameter', 'The cycle must be 1, 3, 6 or 12 months.');
  }
  return months;
}

/** What an agent pays for a number of months. */
export function priceOf(months: number): Cents {
  return cents(PRICE_PER_MONTH * months);
}
