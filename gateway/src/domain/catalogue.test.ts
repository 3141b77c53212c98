import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_CATALOGUE,
  extendSubscription,
  priceOf,
  readCatalogue,
  subscriptionPriceOf,
} from './catalogue.ts';

test('an empty file is the documented catalogue: one price, whatever the plan', () => {
  assert.deepEqual(readCatalogue({}), DEFAULT_CATALOGUE);
  for (const planId of [2, 3, 4]) assert.equal(priceOf(DEFAULT_CATALOGUE, planId, 12), 6000);
});

test('plans, prices and a subscription of the agent’s own', () => {
  const catalogue = readCatalogue({
    currency: 'USD',
    pricePerMonth: '4.99',
    plans: [
      { id: 7, name: 'Small', level: 1, webhooks: false },
      { id: 8, name: 'Large', level: 3, webhooks: true, pricePerMonth: '9' },
    ],
    agentSubscription: { pricePerMonth: '20.00' },
  });
  assert.equal(priceOf(catalogue, 7, 3), 1497);
  assert.equal(priceOf(catalogue, 8, 3), 2700);
  const { agentSubscription } = catalogue;
  assert.ok(agentSubscription !== null);
  const prices = [1, 3, 6, 12].map((months) => subscriptionPriceOf(agentSubscription, months));
  assert.deepEqual(prices, [2000, 5340, 9960, 19_200]);
});

test('a subscription is extended from the later of now and its end', () => {
  const [now, later] = [Date.UTC(2026, 0, 10), Date.UTC(2026, 0, 31)];
  assert.equal(extendSubscription(null, 1, now), Date.UTC(2026, 1, 10));
  assert.equal(extendSubscription(Date.UTC(2025, 0, 1), 1, now), Date.UTC(2026, 1, 10));
  assert.equal(extendSubscription(later, 1, now), Date.UTC(2026, 1, 28));
});

const PLAN = { id: 2, name: 'Basic', level: 1, webhooks: false };
for (const [written, sentence] of [
  [[], 'The catalogue must be an object.'],
  [{ price: 5 }, /The catalogue has no setting "price"/],
  [{ currency: 'euro' }, '"currency" must be three capital letters, such as "EUR".'],
  [{ pricePerMonth: 5 }, '"pricePerMonth" must be an amount such as "5.00".'],
  [{ plans: [] }, '"plans" must be a list of at least one plan.'],
  [{ plans: [PLAN, PLAN] }, 'Two plans have the same "id".'],
  [{ plans: [{ ...PLAN, level: 4 }] }, 'Plan 1: "level" must be 1, 2 or 3.'],
  [{ plans: [{ ...PLAN, webhooks: 'no' }] }, 'Plan 1: "webhooks" must be true or false.'],
  [{ agentSubscription: {} }, /"pricePerMonth" must be an amount/],
  [
    { agentSubscription: { pricePerMonth: '1', discounts: { 3: 101 } } },
    '"agentSubscription": the discount of 3 months must be 0 to 100.',
  ],
] as const) {
  test(`refuses ${JSON.stringify(written)}`, () => {
    assert.throws(() => readCatalogue(written), { message: sentence });
  });
}
