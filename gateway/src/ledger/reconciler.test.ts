import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { openTestDatabase } from '../../test/harness/stored-service.ts';
import { cents } from '../domain/money.ts';
import { createLog } from '../runtime/log.ts';
import { createAgent } from '../storage/agents/agents.ts';
import { Reconciler } from './reconciler.ts';
import { transfer } from './transfer.ts';

test('balances that agree are no news; one that was moved by hand is, to the cent', async () => {
  await using opened = await openTestDatabase();
  const { database } = opened;
  const agentId = await createAgent(database.query, {
    name: 'Reseller',
    mode: 'test',
    keyFingerprint: Buffer.alloc(32),
    keyPrefix: 'prefix0',
    subscriptionEndsAtMs: null,
  });
  await database.query.transaction().execute(async (transaction) => {
    const [from, to, amount] = ['funding', { agentId }, cents(1000)] as const;
    const order = { kind: 'top-up', idempotencyKey: null, fingerprint: 'top-up 1000' } as const;
    await transfer(transaction, { ...order, from, to, amount });
  });
  const reconciler = new Reconciler(database, new ManualClock(), createLog('silent'));
  assert.equal(reconciler.driftCents, null);
  await reconciler.look();
  assert.equal(reconciler.driftCents, 0);

  const moveByHand = `UPDATE ledger_accounts SET balance_cents = balance_cents + 7
                      WHERE agent_id IS NOT NULL`;
  await assert.rejects(database.pool.query(moveByHand), /moves with ledger entries only/);
  await database.pool.query('ALTER TABLE ledger_accounts DISABLE TRIGGER ALL');
  await database.pool.query(moveByHand);
  await reconciler.look();
  assert.equal(reconciler.driftCents, 7);
});
