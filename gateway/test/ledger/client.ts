import type { Dice } from '../crash/dice.ts';
import type { Journal, PaidCall } from './journal.ts';
import type { CallOutcome, Shop } from './shop.ts';

/** An agent of the campaign and what its clients remember of it. */
export interface CampaignAgent {
  readonly id: number;
  readonly key: string;
  /** Keys of services, removed ones among them. */
  readonly services: string[];
  /** Calls with a key that may be repeated. */
  readonly repeatable: PaidCall[];
}

const REMEMBERED_MAX = 60;
const ATTEMPTS_MAX = 40;
/** How often each is done, in 100; the rest are top-ups. */
const SHARES = [
  ['create', 8],
  ['renew', 38],
  ['suspend', 10],
  ['unsuspend', 10],
  ['remove', 6],
  ['reverse', 6],
] as const;

type Operation = (typeof SHARES)[number][0] | 'top-up';

/** What a client stands on. */
export interface ClientParts {
  readonly shop: Shop;
  readonly dice: Dice;
  readonly journal: Journal;
  readonly agents: readonly CampaignAgent[];
  /** Names that nobody else draws. */
  nextName(): string;
  /** The highest number of a transaction that may be there. */
  transactionsMax(): number;
  /** Resolves when it makes sense to try again. */
  rest(): Promise<void>;
}

/**
 * One of those who call at the same time: each step is one random operation on a random agent,
 * tried until its outcome is known or, now and then, given up.
 */
export class Client {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  async step(): Promise<void> {
    const { dice, agents, journal } = this.#parts;
    const agent = dice.pick(agents);
    const operation = drawOperation(dice);
    journal.count(operation);
    switch (operation) {
      case 'create':
      case 'renew':
      case 'top-up':
        return await this.#pay(agent, operation);
      case 'reverse':
        return await this.#reverse(agent);
      default:
        return await this.#handle(agent, operation);
    }
  }

  async #pay(agent: CampaignAgent, kind: PaidCall['kind']): Promise<void> {
    const { dice, journal } = this.#parts;
    const earlier = agent.repeatable.filter((call) => call.kind === kind);
    if (earlier.length > 0 && dice.chance(15)) {
      const call = dice.pick(earlier);
      journal.count('repeated key');
      await this.#payUntilKnown(agent, call, call.quantity);
      if (dice.chance(20)) await this.#askForOther(agent, call);
      return;
    }
    const call = this.#newCall(agent, kind);
    if (call === null) return;
    journal.calls.push(call);
    if (call.key !== null) remember(agent.repeatable, call);
    await this.#payUntilKnown(agent, call, call.quantity);
  }

  #newCall(agent: CampaignAgent, kind: PaidCall['kind']): PaidCall | null {
    const { dice } = this.#parts;
    if (kind === 'renew' && agent.services.length === 0) return null;
    return {
      kind,
      agent: agent.id,
      key: dice.chance(75) ? this.#parts.nextName() : null,
      apiKey: kind === 'renew' ? dice.pick(agent.services) : null,
      planId: dice.pick([2, 3, 4]),
      quantity: kind === 'top-up' ? dice.between(1, 7000) : dice.pick([1, 3, 6, 12]),
      done: 0,
      replays: 0,
      unknown: 0,
      credits: new Set(),
    };
  }

  async #payUntilKnown(agent: CampaignAgent, call: PaidCall, quantity: number): Promise<void> {
    const { dice, journal } = this.#parts;
    const wasRemoved = call.kind === 'renew' && journal.removed.has(call.apiKey ?? '');
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const outcome = await this.#payOnce(agent, call, quantity);
      if ('status' in outcome) {
        if (outcome.status === 200) noteSuccess(agent, call, outcome, journal);
        else journal.count(`${outcome.status}`);
        if (outcome.status === 200 && wasRemoved) {
          journal.breaches.push(`a renewal of ${call.key} after its removal was answered`);
        }
        return;
      }
      journal.count('unknown');
      if (outcome.unknown !== 'nobody there') call.unknown += 1;
      // Some callers never ask again. What has no key must not be asked again by itself.
      if (call.key === null || dice.chance(5)) return;
      await this.#parts.rest();
    }
  }

  /** The same key with other parameters changes nothing, once it was used. */
  async #askForOther(agent: CampaignAgent, call: PaidCall): Promise<void> {
    if (call.done + call.replays === 0) return;
    const other = call.kind === 'top-up' ? call.quantity + 1 : call.quantity === 1 ? 3 : 1;
    const outcome = await this.#payOnce(agent, call, other);
    if (!('status' in outcome)) return;
    this.#parts.journal.count('other parameters under a used key');
    if (outcome.status !== 409 && outcome.status !== 404) {
      this.#parts.journal.breaches.push(`a used key was taken for another call: ${call.key}`);
    }
  }

  #payOnce(agent: CampaignAgent, call: PaidCall, quantity: number): Promise<CallOutcome> {
    const { shop } = this.#parts;
    const named = call.key === null ? {} : { idempotencyKey: call.key };
    if (call.kind === 'top-up') {
      const amount = (quantity / 100).toFixed(2);
      return shop.operator(`/admin/agents/${agent.id}/credit`, { amount, ...named });
    }
    const common = { agentKey: agent.key, cycle: String(quantity), ...named };
    return call.kind === 'create'
      ? shop.partner('create', { ...common, planId: String(call.planId) })
      : shop.partner('renew', { ...common, apiKey: call.apiKey ?? '' });
  }

  async #handle(agent: CampaignAgent, method: 'suspend' | 'unsuspend' | 'remove'): Promise<void> {
    const { shop, dice, journal } = this.#parts;
    if (agent.services.length === 0) return;
    const apiKey = dice.pick(agent.services);
    const outcome = await shop.partner(method, { agentKey: agent.key, apiKey });
    if (!('status' in outcome)) return journal.count('unknown');
    if (outcome.status !== 200) return journal.count(`${outcome.status}`);
    if (method !== 'remove') return;
    journal.removed.add(apiKey);
    // Some are called on even then, in vain.
    if (dice.chance(80)) agent.services.splice(agent.services.indexOf(apiKey) >>> 0, 1);
  }

  /** Any transaction, of anybody: those of others, and reversals, must be refused. */
  async #reverse(agent: CampaignAgent): Promise<void> {
    const { shop, dice, journal } = this.#parts;
    const transactionId = dice.between(1, Math.max(1, this.#parts.transactionsMax()));
    const path = `/admin/agents/${agent.id}/reversals`;
    const outcome = await shop.operator(path, { transactionId });
    if (!('status' in outcome)) return journal.count('unknown');
    if (outcome.status === 200) journal.reversed.add(transactionId);
    else journal.count(`${outcome.status}`);
  }
}

function noteSuccess(
  agent: CampaignAgent,
  call: PaidCall,
  { isReplay, body }: Extract<CallOutcome, { status: number }>,
  journal: Journal,
): void {
  journal.count('ok');
  if (isReplay) call.replays += 1;
  else call.done += 1;
  if (call.kind === 'top-up') call.credits.add(String(body['credit']));
  if (call.kind !== 'create') return;
  const apiKey = String(body['apiKey']);
  if (call.apiKey !== null && call.apiKey !== apiKey) {
    journal.breaches.push(`one order has two services: ${call.key}`);
  }
  if (call.apiKey === null) remember(agent.services, apiKey);
  call.apiKey = apiKey;
}

function drawOperation(dice: Dice): Operation {
  let drawn = dice.between(1, 100);
  for (const [operation, share] of SHARES) {
    drawn -= share;
    if (drawn <= 0) return operation;
  }
  return 'top-up';
}

function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > REMEMBERED_MAX) list.shift();
}
