import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Client as DatabaseClient } from 'pg';
import { createKeyring } from '../../src/http/access/keyring.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { migrate } from '../../src/storage/migrate.ts';
import { createDice, type Dice } from '../crash/dice.ts';
import type { KillableDatabase } from '../crash/killable-database.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { audit, type Audit } from './audit.ts';
import { Client, type CampaignAgent } from './client.ts';
import { EdgeSeat } from './edge-seat.ts';
import { Journal } from './journal.ts';
import { Shop } from './shop.ts';

/** What to do. */
export interface CampaignOrder {
  readonly operations: number;
  readonly kills: number;
  readonly seed: number;
  readonly edges: number;
  readonly parallel: number;
  readonly agents: number;
  readonly database: KillableDatabase & { readonly url: string };
  /** Whether PostgreSQL itself may be killed, not only its connections. */
  readonly mayKillPostgres: boolean;
  /** No further operation after this time; null: all of them. */
  readonly forMs: number | null;
  say(line: string): void;
}

/** What a campaign has found. */
export interface CampaignResult {
  readonly operations: number;
  /** What was killed, and how often. */
  readonly kills: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, number>;
  readonly audit: Audit;
  readonly durationMs: number;
}

type Kill = 'an edge' | 'PostgreSQL' | 'all connections' | 'everything';

/**
 * Runs random operations in parallel while edges, connections and PostgreSQL are killed; then
 * compares the books with what was answered. Kills are spread evenly over the operations, or over the
 * time where that is given and shorter.
 */
export async function runCampaign(order: CampaignOrder): Promise<CampaignResult> {
  const startedMs = performance.now();
  const { database, seed } = order;
  await migrate(database.url);
  const secrets = { masterKey: randomBytes(32), adminToken: randomBytes(16).toString('hex') };
  const seats = Array.from(
    { length: order.edges },
    () => new EdgeSeat({ databaseUrl: database.url, ...secrets }),
  );
  await using stack = new AsyncDisposableStack();
  for (const seat of seats) {
    await seat.start();
    stack.defer(() => seat.kill());
  }
  const living = (): string[] => seats.flatMap(({ url }) => url ?? []);
  const shop = stack.use(new Shop(living, secrets.adminToken));
  const journal = new Journal();
  const agents = await openAgents(shop, order.agents);
  const run = new Run(order, seats, createDice(seed));
  await run.work((dice) => new Client({ ...run.parts(dice), shop, journal, agents }));
  order.say(`${run.operations} operations done; auditing`);
  const keyring = createKeyring(secrets.masterKey, systemRandom);
  const audited = await audit(database.url, journal, (key) =>
    keyring.fingerprint(key).toString('hex'),
  );
  return {
    operations: run.operations,
    kills: run.kills,
    counts: journal.counts,
    audit: audited,
    durationMs: performance.now() - startedMs,
  };
}

async function openAgents(shop: Shop, count: number): Promise<CampaignAgent[]> {
  const agents: CampaignAgent[] = [];
  for (let number = 1; number <= count; number += 1) {
    const made = await shop.operator('/admin/agents', { name: `Agent ${number}`, credit: '0' });
    if (!('status' in made)) throw new Error(`no agent was made: ${made.unknown}`);
    const { agentId, agentKey } = made.body as { agentId: number; agentKey: string };
    agents.push({ id: agentId, key: agentKey, services: [], repeatable: [] });
  }
  return agents;
}

/** The work of a campaign's clients, and the hand that kills meanwhile. */
class Run {
  readonly #order: CampaignOrder;
  readonly #seats: readonly EdgeSeat[];
  readonly #dice: Dice;
  readonly #revivals: Promise<void>[] = [];
  readonly kills = new Map<Kill, number>();
  operations = 0;
  #killed = 0;
  #names = 0;
  #transactionsMax = 0;

  constructor(order: CampaignOrder, seats: readonly EdgeSeat[], dice: Dice) {
    this.#order = order;
    this.#seats = seats;
    this.#dice = dice;
  }

  parts(dice: Dice) {
    return {
      dice,
      nextName: () => `name ${(this.#names += 1)}`,
      transactionsMax: () => this.#transactionsMax,
      rest: () => delay(50),
    };
  }

  /** Resolves when all operations are done and everything that was killed is back. */
  async work(hire: (dice: Dice) => Client): Promise<void> {
    const { parallel, seed, operations, forMs } = this.#order;
    const startedMs = performance.now();
    const shareOfTime = (): number =>
      forMs === null ? 0 : (performance.now() - startedMs) / forMs;
    const clients = Array.from({ length: parallel }, async (_, index) => {
      const client = hire(createDice(seed * 1000 + index));
      while (this.operations < operations && shareOfTime() < 1) {
        const number = (this.operations += 1);
        const share = Math.max(number / operations, shareOfTime());
        const due = Math.floor(share * this.#order.kills);
        if (due > this.#killed) {
          this.#killed += 1;
          this.#revivals.push(this.#kill());
        }
        if (number % 200 === 0) this.#revivals.push(this.#lookAtTransactions());
        await client.step();
      }
    });
    await Promise.all(clients);
    await Promise.all(this.#revivals);
    await waitUntil('PostgreSQL to be back', () => this.#ask('SELECT 1'), 60_000);
  }

  async #kill(): Promise<void> {
    const drawn = this.#dice.between(1, 100);
    const kill = this.#choose(drawn);
    const seat = this.#dice.pick(this.#seats);
    this.kills.set(kill, (this.kills.get(kill) ?? 0) + 1);
    this.#order.say(`kill ${this.#killed}: ${kill}, after ${this.operations} operations`);
    const kills: Promise<unknown>[] = [];
    if (kill === 'all connections') kills.push(this.#ask(TERMINATE).catch(() => null));
    if (kill === 'PostgreSQL' || kill === 'everything') kills.push(this.#order.database.kill());
    if (kill === 'an edge' || kill === 'everything') kills.push(seat.kill());
    await Promise.all(kills);
    if (seat.url === null) await seat.start();
  }

  #choose(drawn: number): Kill {
    if (drawn <= 60) return 'an edge';
    if (drawn <= 75 || !this.#order.mayKillPostgres) return 'all connections';
    return drawn <= 90 ? 'PostgreSQL' : 'everything';
  }

  async #lookAtTransactions(): Promise<void> {
    try {
      const [row] = await this.#ask('SELECT max(id)::int AS max FROM ledger_transactions');
      this.#transactionsMax = (row as { max: number | null } | undefined)?.max ?? 0;
    } catch {
      // PostgreSQL was killed just now; the number of before will do.
    }
  }

  async #ask(statement: string): Promise<unknown[]> {
    const client = new DatabaseClient({ connectionString: this.#order.database.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND application_name = 'tickwire'`;
