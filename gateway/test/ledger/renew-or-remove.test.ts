import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { DEFAULT_CATALOGUE } from '../../src/domain/catalogue.ts';
import { Problem } from '../../src/domain/errors.ts';
import type { AgentId, ServiceId } from '../../src/domain/ids.ts';
import { cents } from '../../src/domain/money.ts';
import { transfer } from '../../src/ledger/transfer.ts';
import { changeLife } from '../../src/lifecycle/change-life.ts';
import { renewService } from '../../src/lifecycle/renew.ts';
import { LifecycleSweeper } from '../../src/lifecycle/sweeper.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { createAgent } from '../../src/storage/agents/agents.ts';
import { claimDueMessages } from '../../src/storage/messages/claim-due-messages.ts';
import { insertMessages } from '../../src/storage/messages/insert-messages.ts';
import { nextDueInMs } from '../../src/storage/messages/next-due.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
  type OpenTestDatabase,
} from '../harness/stored-service.ts';

const ROUNDS = 40;
const DAY_MS = 86_400_000;

let opened: OpenTestDatabase;
let agentId: AgentId;
before(async () => {
  opened = await openTestDatabase();
  agentId = await opened.database.query.transaction().execute(async (transaction) => {
    const id = await createAgent(transaction, {
      name: 'Reseller',
      mode: 'test',
      keyFingerprint: randomBytes(32),
      keyPrefix: 'prefix0',
      subscriptionEndsAtMs: null,
    });
    const order = { kind: 'top-up', idempotencyKey: null, fingerprint: 'top-up' } as const;
    const amount = cents(1_000_000);
    await transfer(transaction, { ...order, from: 'funding', to: { agentId: id }, amount });
    return id;
  });
});
after(() => opened[Symbol.asyncDispose]());

/** A service of the agent's that is removed by the clock now, or within a moment. */
async function atItsEnd(): Promise<ServiceId> {
  const serviceId = await storeService(opened.database);
  const endedAt = new Date(Date.now() - 20 * DAY_MS + Math.round(Math.random() * 20 - 10));
  await opened.database.query
    .updateTable('services')
    .set({ agent_id: agentId, state: 'suspended', suspended_at: endedAt, expires_at: endedAt })
    .where('id', '=', serviceId)
    .execute();
  return serviceId;
}

const sweep = () =>
  new LifecycleSweeper({
    database: opened.database,
    clock: new ManualClock(),
    random: systemRandom,
    log: createLog('silent'),
    onStopped: () => Promise.resolve(),
  }).sweep(true);

async function renew(serviceId: ServiceId): Promise<boolean> {
  try {
    const order = { serviceId, agentId, months: 1, idempotencyKey: null };
    await renewService(opened.database, DEFAULT_CATALOGUE, order);
    return true;
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === 'service_not_found', String(error));
    return false;
  }
}

const balance = async (): Promise<number> => {
  const row = await opened.database.query
    .selectFrom('ledger_accounts')
    .select('balance_cents')
    .where('agent_id', '=', agentId)
    .executeTakeFirstOrThrow();
  return row.balance_cents;
};

const stateOf = async (serviceId: ServiceId): Promise<string> => {
  const row = await opened.database.query
    .selectFrom('services')
    .select('state')
    .where('id', '=', serviceId)
    .executeTakeFirstOrThrow();
  return row.state;
};

test('a renewal at the moment of removal: paid and alive, or gone and not paid', async () => {
  let renewals = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const serviceId = await atItsEnd();
    const before = await balance();
    // On a machine where one of them always wins the race, the other comes first now and then.
    if (round % 10 === 0) await sweep();
    const renewing = renew(serviceId);
    if (round % 10 === 1) await renewing;
    const [isRenewed] = await Promise.all([renewing, sweep(), sweep()]);
    await sweep();
    assert.equal(await stateOf(serviceId), isRenewed ? 'active' : 'removed');
    assert.equal(before - (await balance()), isRenewed ? 500 : 0);
    if (isRenewed) renewals += 1;
  }
  assert.ok(renewals > 0 && renewals < ROUNDS, `${renewals} renewals: each has to win at times`);
});

test('what waits for a suspended service is not taken, and goes when it is back', async () => {
  const { database } = opened;
  const serviceId = await storeService(database);
  await insertMessages(database.pool, [acceptedMessage(serviceId, 'waits')]);
  const claim = () =>
    claimDueMessages(database.pool, leaseOf(serviceId), { count: 5, urgentFirst: 1 });
  await changeLife(database, serviceId, 'suspend');
  assert.deepEqual(await claim(), []);
  assert.equal(await nextDueInMs(database.pool, serviceId), null);
  await changeLife(database, serviceId, 'unsuspend');
  assert.equal((await claim()).length, 1);
});
