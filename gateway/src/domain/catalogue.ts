import { addMonths, dayOfMonth } from './months.ts';
import { cents, parseAmount, type Cents } from './money.ts';
import { PLANS, type Plan } from './plans.ts';

/** What is sold, and for how much. */
export interface Catalogue {
  /** ISO 4217, for people: amounts are never converted. */
  readonly currency: string;
  /** In the order they are shown. */
  readonly plans: readonly PricedPlan[];
  /** What agents pay for being agents; null: nothing. */
  readonly agentSubscription: AgentSubscription | null;
}

/** A plan with what an agent pays for a month of it. */
export interface PricedPlan extends Plan {
  readonly pricePerMonth: Cents;
}

/** An agent's own subscription. */
export interface AgentSubscription {
  readonly pricePerMonth: Cents;
  /** Per cent off, by the months that are bought at once. */
  readonly discounts: Readonly<Record<string, number>>;
}

const DEFAULT_PRICE_PER_MONTH = cents(500);
const DEFAULT_DISCOUNTS = { 3: 11, 6: 17, 12: 20 };
const LEVELS = [1, 2, 3];
const PLAN_ID_MAX = 30_000;

/** The documented one: one price a month whatever the plan, and agents pay nothing of their own. */
export const DEFAULT_CATALOGUE: Catalogue = {
  currency: 'EUR',
  plans: PLANS.map((plan) => ({ ...plan, pricePerMonth: DEFAULT_PRICE_PER_MONTH })),
  agentSubscription: null,
};

/** What an agent pays for months of a service; of a plan that is not sold any more, as of the first. */
export function priceOf({ plans }: Catalogue, planId: number, months: number): Cents {
  const plan = plans.find(({ id }) => id === planId) ?? plans[0];
  return cents((plan?.pricePerMonth ?? DEFAULT_PRICE_PER_MONTH) * months);
}

/** What an agent pays for months of its own subscription, rounded to the cent. */
export function subscriptionPriceOf(subscription: AgentSubscription, months: number): Cents {
  const percent = 100 - (subscription.discounts[String(months)] ?? 0);
  return cents(Math.round((subscription.pricePerMonth * months * percent) / 100));
}

/** Months are added to the later of now and the end, so nobody loses days by paying early. */
export function extendSubscription(endsAtMs: number | null, months: number, nowMs: number): number {
  const fromMs = Math.max(endsAtMs ?? nowMs, nowMs);
  return addMonths(fromMs, months, dayOfMonth(fromMs));
}

/**
 * Reads a catalogue as an operator writes it.
 * @param written JSON, parsed
 * @throws Error with a sentence that names what is wrong
 */
export function readCatalogue(written: unknown): Catalogue {
  const file = readObject(written, 'The catalogue', [
    'currency',
    'pricePerMonth',
    'plans',
    'agentSubscription',
  ]);
  const currency = file['currency'] ?? DEFAULT_CATALOGUE.currency;
  if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
    throw new Error('"currency" must be three capital letters, such as "EUR".');
  }
  const price =
    file['pricePerMonth'] === undefined
      ? DEFAULT_PRICE_PER_MONTH
      : readPrice(file['pricePerMonth'], '"pricePerMonth"');
  return {
    currency,
    plans:
      file['plans'] === undefined
        ? PLANS.map((plan) => ({ ...plan, pricePerMonth: price }))
        : readPlans(file['plans'], price),
    agentSubscription: readSubscription(file['agentSubscription'] ?? null),
  };
}

function readPlans(written: unknown, price: Cents): PricedPlan[] {
  if (!Array.isArray(written) || written.length === 0) {
    throw new Error('"plans" must be a list of at least one plan.');
  }
  const plans = written.map((plan: unknown, index) => readPlan(plan, `Plan ${index + 1}`, price));
  const ids = new Set(plans.map(({ id }) => id));
  if (ids.size < plans.length) throw new Error('Two plans have the same "id".');
  return plans;
}

function readPlan(written: unknown, which: string, price: Cents): PricedPlan {
  const plan = readObject(written, which, ['id', 'name', 'level', 'webhooks', 'pricePerMonth']);
  const { id, name, level, webhooks } = plan;
  if (typeof id !== 'number' || !Number.isInteger(id) || id < 1 || id > PLAN_ID_MAX) {
    throw new Error(`${which}: "id" must be a whole number from 1 to ${PLAN_ID_MAX}.`);
  }
  if (typeof name !== 'string' || name.trim() === '') {
    throw new Error(`${which}: "name" must be a text.`);
  }
  if (typeof level !== 'number' || !LEVELS.includes(level)) {
    throw new Error(`${which}: "level" must be 1, 2 or 3.`);
  }
  if (typeof webhooks !== 'boolean') {
    throw new Error(`${which}: "webhooks" must be true or false.`);
  }
  const own = plan['pricePerMonth'];
  const pricePerMonth = own === undefined ? price : readPrice(own, `${which}: "pricePerMonth"`);
  return { id, name: name.trim(), level, hasWebhooks: webhooks, pricePerMonth };
}

function readSubscription(written: unknown): AgentSubscription | null {
  if (written === null) return null;
  const subscription = readObject(written, '"agentSubscription"', ['pricePerMonth', 'discounts']);
  const discounts = readObject(
    subscription['discounts'] ?? DEFAULT_DISCOUNTS,
    '"agentSubscription": "discounts"',
    ['1', '3', '6', '12'],
  );
  for (const [months, percent] of Object.entries(discounts)) {
    const isPercent = typeof percent === 'number' && percent >= 0 && percent <= 100;
    if (!isPercent) {
      throw new Error(`"agentSubscription": the discount of ${months} months must be 0 to 100.`);
    }
  }
  return {
    pricePerMonth: readPrice(subscription['pricePerMonth'], '"agentSubscription": "pricePerMonth"'),
    discounts: discounts as Record<string, number>,
  };
}

function readPrice(written: unknown, which: string): Cents {
  try {
    return parseAmount(typeof written === 'string' ? written : '', which);
  } catch (error) {
    throw new Error(`${which} must be an amount such as "5.00".`, { cause: error });
  }
}

function readObject(
  written: unknown,
  which: string,
  known: readonly string[],
): Record<string, unknown> {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    throw new Error(`${which} must be an object.`);
  }
  const unknown = Object.keys(written).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`${which} has no setting "${unknown}"; it knows ${known.join(', ')}.`);
  }
  return { ...written };
}
