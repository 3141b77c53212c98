import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { DEFAULT_CATALOGUE } from '../../src/domain/catalogue.ts';
import { Problem } from '../../src/domain/errors.ts';
import type { AgentId, ServiceId } from '../../src/domain/ids.ts';
import { cents } from '../../src/domain/money.ts';
import { transfer } from '../../src/ledger/transfer.ts';
import { renewService } from '../../src/lifecycle/renew.ts';
import { LifecycleSweeper } from '../../src/lifecycle/sweeper.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { createAgent } from '../../src/storage/agents/agents.ts';
import type { Database } from '../../src/storage/database.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { storeService } from '../harness/stored-service.ts';

const DAY_MS = 86_400_000;
const PRICE_CENTS = 500;

/** Which of the two came first, how often. */
export interface RoundsOutcome {
  readonly renewed: number;
  readonly removed: number;
}

/**
 * Round after round, a service is renewed at the moment at which two sweeps remove it. Exactly one of
 * the two wins: it is paid and lives, also after another sweep, or it is gone and nothing was paid.
 * @throws AssertionError in the first round in which that is not so
 */
export async function raceRenewals(database: Database, rounds: number): Promise<RoundsOutcome> {
  const agentId = await makeRichAgent(database, rounds);
  let renewed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const serviceId = await atItsEnd(database, agentId);
    const before = await balanceOf(database, agentId);
    // On a machine where one of them always wins the race, the other comes first now and then.
    if (round % 10 === 0) await sweep(database);
    const renewing = renew(database, agentId, serviceId);
    if (round % 10 === 1) await renewing;
    const [isRenewed] = await Promise.all([renewing, sweep(database), sweep(database)]);
    await sweep(database);
    const service = await find(database, serviceId);
    assert.equal(service.state, isRenewed ? 'active' : 'removed', `round ${round}`);
    const paid = before - (await balanceOf(database, agentId));
    assert.equal(paid, isRenewed ? PRICE_CENTS : 0, `round ${round}`);
    assert.ok(!isRenewed || service.purge_at === null, `round ${round}: it would be purged`);
    if (isRenewed) renewed += 1;
  }
  return { renewed, removed: rounds - renewed };
}

async function makeRichAgent(database: Database, rounds: number): Promise<AgentId> {
  return await database.query.transaction().execute(async (transaction) => {
    const id = await createAgent(transaction, {
      name: 'Reseller',
      mode: 'test',
      keyFingerprint: randomBytes(32),
      keyPrefix: 'prefix0',
      subscriptionEndsAtMs: null,
    });
    const order = { kind: 'top-up', idempotencyKey: null, fingerprint: 'top-up' } as const;
    const amount = cents(rounds * PRICE_CENTS);
    await transfer(transaction, { ...order, from: 'funding', to: { agentId: id }, amount });
    return id;
  });
}

/** A service of the agent's that is removed by the clock now, or within a moment. */
async function atItsEnd(database: Database, agentId: AgentId): Promise<ServiceId> {
  const serviceId = await storeService(database);
  const endedAt = new Date(Date.now() - 20 * DAY_MS + Math.round(Math.random() * 20 - 10));
  await database.query
    .updateTable('services')
    .set({ agent_id: agentId, state: 'suspended', suspended_at: endedAt, expires_at: endedAt })
    .where('id', '=', serviceId)
    .execute();
  return serviceId;
}

async function sweep(database: Database): Promise<void> {
  const sweeper = new LifecycleSweeper({
    database,
    clock: new ManualClock(),
    random: systemRandom,
    log: createLog('silent'),
    onStopped: () => Promise.resolve(),
  });
  await sweeper.sweep(true);
}

async function renew(database: Database, agentId: AgentId, serviceId: ServiceId): Promise<boolean> {
  try {
    const order = { serviceId, agentId, months: 1, idempotencyKey: null };
    await renewService(database, DEFAULT_CATALOGUE, order);
    return true;
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === 'service_not_found', String(error));
    return false;
  }
}

async function balanceOf(database: Database, agentId: AgentId): Promise<number> {
  const row = await database.query
    .selectFrom('ledger_accounts')
    .select('balance_cents')
    .where('agent_id', '=', agentId)
    .executeTakeFirstOrThrow();
  return row.balance_cents;
}

async function find(database: Database, serviceId: ServiceId) {
  return await database.query
    .selectFrom('services')
    .select(['state', 'purge_at'])
    .where('id', '=', serviceId)
    .executeTakeFirstOrThrow();
}
