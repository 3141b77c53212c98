import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { ManualClock } from '../harness/manual-clock.ts';
import { openTestDatabase } from '../harness/stored-service.ts';
import { cents } from '../../src/domain/money.ts';
import { createLog } from '../../src/runtime/log.ts';
import { createAgent } from '../../src/storage/agents/agents.ts';
import { Reconciler } from '../../src/ledger/reconciler.ts';
import { transfer } from '../../src/ledger/transfer.ts';

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

  const moveByHand = () =>
    database.query
      .updateTable('ledger_accounts')
      .set({ balance_cents: 1007 })
      .where('agent_id', '=', agentId)
      .execute();
  await assert.rejects(moveByHand(), /moves with ledger entries only/);
  await sql`ALTER TABLE ledger_accounts DISABLE TRIGGER ALL`.execute(database.query);
  await moveByHand();
  await reconciler.look();
  assert.equal(reconciler.driftCents, 7);
});
