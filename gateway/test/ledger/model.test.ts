import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { HttpOnly } from '../harness/http-only.ts';

// The ledger beside a model of it in memory: whatever is asked in whatever order, credit, months and
// answers are the model's.

const PRICE = 500;
const RUNS = 25;

let http: HttpOnly;
before(async () => {
  http = await HttpOnly.start();
});
after(() => http[Symbol.asyncDispose]());

/** What a wallet must be like. */
interface Model {
  credit: number;
  readonly services: { months: number; isRemoved: boolean }[];
  /** What was bought, by its place on the statement. */
  readonly bought: { cost: number; service: number | null; months: number; isBack: boolean }[];
  /** What each key was used for. */
  readonly keys: Map<string, string>;
}

/** The agent it is compared with. */
interface Real {
  readonly agentId: number;
  readonly agentKey: string;
  readonly apiKeys: string[];
}

type Answer = { readonly status: number; readonly json: unknown };

/** A purchase or a top-up; the same key with the same order moves nothing again. */
function pay(
  model: Model,
  order: { kind: string; key: string | null; text: string; cost: number },
): number {
  const name = `${order.kind}:${order.key}`;
  const used = order.key === null ? undefined : model.keys.get(name);
  if (used !== undefined) return used === order.text ? 208 : 409;
  if (model.credit < order.cost) return 402;
  model.credit -= order.cost;
  if (order.key !== null) model.keys.set(name, order.text);
  return 200;
}

class Command implements fc.AsyncCommand<Model, Real> {
  readonly #name: string;
  readonly #expect: (model: Model) => number;
  readonly #ask: (model: Model, real: Real) => Promise<Answer>;

  constructor(
    name: string,
    expect: (model: Model) => number,
    ask: (model: Model, real: Real) => Promise<Answer>,
  ) {
    this.#name = name;
    this.#expect = expect;
    this.#ask = ask;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, real: Real): Promise<void> {
    const answer = await this.#ask(model, real);
    const expected = this.#expect(model);
    assert.equal(answer.status, expected === 208 ? 200 : expected, this.#name);
    const { json } = await http.ask(`/module/getWalletBalance?agentKey=${real.agentKey}`);
    assert.equal((json as { credit: string }).credit, (model.credit / 100).toFixed(2), this.#name);
  }

  toString(): string {
    return this.#name;
  }
}

const keys = fc.option(fc.constantFrom('a', 'b'), { nil: null });
const months = fc.constantFrom(1, 3, 6, 12);
const place = fc.nat(5);
const named = (key: string | null): string => (key === null ? '' : `&idempotencyKey=${key}`);

function create(cycle: number, key: string | null): Command {
  return new Command(
    `create ${cycle} ${key}`,
    (model) => {
      const cost = cycle * PRICE;
      const status = pay(model, { kind: 'create', key, text: `${cycle}`, cost });
      if (status !== 200) return status;
      model.bought.push({ cost, service: model.services.length, months: cycle, isBack: false });
      model.services.push({ months: cycle, isRemoved: false });
      return 200;
    },
    async (_, real) => {
      const path = `/module/create?agentKey=${real.agentKey}&planId=2&cycle=${cycle}${named(key)}`;
      const answer = await http.ask(path);
      const { apiKey } = answer.json as { apiKey?: string };
      if (apiKey !== undefined && !real.apiKeys.includes(apiKey)) real.apiKeys.push(apiKey);
      return answer;
    },
  );
}

/** Always under a key, because what is repeated without one within a minute is the same renewal. */
function renew(which: number, cycle: number, key: string): Command {
  return new Command(
    `renew ${which} ${cycle} ${key}`,
    (model) => {
      const service = model.services[which];
      if (service === undefined || service.isRemoved) return 404;
      const cost = cycle * PRICE;
      const status = pay(model, { kind: 'renew', key, text: `${which} ${cycle}`, cost });
      if (status !== 200) return status;
      model.bought.push({ cost, service: which, months: cycle, isBack: false });
      service.months += cycle;
      return 200;
    },
    (_, { agentKey, apiKeys }) => {
      const apiKey = apiKeys[which] ?? 'none';
      const query = `agentKey=${agentKey}&apiKey=${apiKey}&cycle=${cycle}${named(key)}`;
      return http.ask(`/module/renew?${query}`);
    },
  );
}

function topUp(amount: number, key: string | null): Command {
  return new Command(
    `top up ${amount} ${key}`,
    (model) => {
      const status = pay(model, { kind: 'top-up', key, text: `${amount}`, cost: -amount });
      if (status !== 200) return status;
      model.bought.push({ cost: -amount, service: null, months: 0, isBack: false });
      return 200;
    },
    (_, { agentId }) =>
      http.operate(`/admin/agents/${agentId}/credit`, {
        amount: (amount / 100).toFixed(2),
        ...(key === null ? {} : { idempotencyKey: key }),
      }),
  );
}

function takeBack(which: number): Command {
  return new Command(
    `take back ${which}`,
    (model) => {
      const bought = model.bought[which];
      if (bought === undefined) return 404;
      if (bought.isBack) return 200;
      if (model.credit + bought.cost < 0) return 402;
      model.credit += bought.cost;
      bought.isBack = true;
      const service = bought.service === null ? undefined : model.services[bought.service];
      if (service !== undefined && !service.isRemoved) service.months -= bought.months;
      return 200;
    },
    async (_, { agentId, agentKey }) => {
      const { json } = await http.ask(`/module/statement?agentKey=${agentKey}`);
      const { entries } = json as { entries: { kind: string; transactionId: number }[] };
      const bought = entries.filter(({ kind }) => kind !== 'reversal');
      const transactionId = bought[which]?.transactionId ?? 999_999_999;
      return await http.operate(`/admin/agents/${agentId}/reversals`, { transactionId });
    },
  );
}

function remove(which: number): Command {
  return new Command(
    `remove ${which}`,
    ({ services }) => {
      const service = services[which];
      if (service === undefined || service.isRemoved) return 404;
      service.isRemoved = true;
      return 200;
    },
    (_, { agentKey, apiKeys }) =>
      http.ask(`/module/remove?agentKey=${agentKey}&apiKey=${apiKeys[which] ?? 'none'}`),
  );
}

const MONTH_MS = (365.25 / 12) * 86_400_000;

test('whatever is asked in whatever order, credit and months are those of the model', async () => {
  const commands = fc.commands(
    [
      fc.tuple(months, keys).map(([cycle, key]) => create(cycle, key)),
      fc.tuple(place, months, fc.constantFrom('a', 'b', 'c')).map((drawn) => renew(...drawn)),
      fc.tuple(fc.integer({ min: 1, max: 6000 }), keys).map((drawn) => topUp(...drawn)),
      place.map(takeBack),
      place.map(remove),
    ],
    { maxCommands: 25 },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (drawn) => {
      const made = await http.operate('/admin/agents', { name: 'Modelled', credit: '0' });
      const real: Real = { ...(made.json as Real), apiKeys: [] };
      const model: Model = { credit: 0, services: [], bought: [], keys: new Map() };
      await fc.asyncModelRun(() => ({ model, real }), drawn);
      const { json } = await http.ask(`/module/showAllService?agentKey=${real.agentKey}`);
      const { services } = json as { services: { apiKey: string; expire: string }[] };
      const left = new Map(services.map(({ apiKey, expire }) => [apiKey, Date.parse(expire)]));
      for (const [index, service] of model.services.entries()) {
        const end = left.get(real.apiKeys[index] ?? '');
        assert.equal(end === undefined, service.isRemoved);
        // A service without a month is bought from now on again, so its end is not before today.
        if (end === undefined) continue;
        assert.equal(Math.round((end - Date.now()) / MONTH_MS), service.months);
      }
    }),
    { numRuns: RUNS, seed: 6 },
  );
});
