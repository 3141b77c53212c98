import { Problem } from './errors.ts';

/** What a reseller sells. */
export interface Plan {
  readonly id: number;
  readonly name: string;
  /** As `serviceSettings` shows it: 1 to 3. */
  readonly level: number;
  readonly hasWebhooks: boolean;
}

/** The documented plans. By default webhooks are the only gate. */
export const PLANS: readonly Plan[] = [
  { id: 2, name: 'Basic', level: 1, hasWebhooks: false },
  { id: 3, name: 'Pro', level: 2, hasWebhooks: false },
  { id: 4, name: 'Premium', level: 3, hasWebhooks: true },
];

/** Months that can be bought at once. */
const CYCLES: readonly number[] = [1, 3, 6, 12];

/** @throws Problem `invalid_parameter` for a plan that is not sold */
export function planOf<P extends Plan>(plans: readonly P[], id: number): P {
  const plan = plans.find((candidate) => candidate.id === id);
  if (plan === undefined) {
    const named = plans.map(({ id: planId, name }) => `${planId} (${name})`);
    const last = named.pop() ?? '';
    const choice = named.length === 0 ? last : `${named.join(', ')} or ${last}`;
    throw new Problem('invalid_parameter', `The planId must be ${choice}.`);
  }
  return plan;
}

/** A service's plan; one that is not sold any more goes on as the lowest, without webhooks. */
export function planOfService(plans: readonly Plan[], id: number): Plan {
  const plan = plans.find((candidate) => candidate.id === id);
  return plan ?? { id, name: `Plan ${id}`, level: 1, hasWebhooks: false };
}

/** @throws Problem `invalid_parameter` for a number of months that is not sold */
export function cycleOf(months: number): number {
  if (!CYCLES.includes(months)) {
    throw new Problem('invalid_parameter', 'The cycle must be 1, 3, 6 or 12 months.');
  }
  return months;
}
