// Charges for renewals, as many at a time as asked; and their limit: the same rows written by bare
// statements.

import { randomBytes } from 'node:crypto';
import { DEFAULT_CATALOGUE } from '../../gateway/src/domain/catalogue.ts';
import type { AgentId, ServiceId } from '../../gateway/src/domain/ids.ts';
import { cents } from '../../gateway/src/domain/money.ts';
import { transfer } from '../../gateway/src/ledger/transfer.ts';
import { renewService } from '../../gateway/src/lifecycle/renew.ts';
import { createAgent } from '../../gateway/src/storage/agents/agents.ts';
import { openDatabase, type Database } from '../../gateway/src/storage/database.ts';
import { createService } from '../../gateway/src/storage/services/create-service.ts';
import { answer } from '../processes/answering.ts';

/** What is charged, and for how long. */
export interface ChargeLoop {
  readonly databaseUrl: string;
  /** The wallets that pay, one service each... */
  readonly agents: number;
  /** ...or so many services of each. */
  readonly servicesEach: number;
  readonly parallel: number;
  readonly durationS: number;
}

export interface ChargeLoopResult {
  readonly charges: number;
  readonly durationMs: number;
}

interface Customer {
  readonly agentId: AgentId;
  readonly serviceId: ServiceId;
}

const PLENTY = cents(100_000_000_00);

let database: Database | undefined;
let names = 0;

function open(url: string): Database {
  database ??= openDatabase(url, () => undefined, { connectionsMax: 16 });
  return database;
}

answer('charge', async (loop: ChargeLoop): Promise<ChargeLoopResult> => {
  const opened = open(loop.databaseUrl);
  const customers = await makeCustomers(opened, loop);
  return await repeat(loop, customers, async ({ agentId, serviceId }) => {
    names += 1;
    const outcome = await renewService(opened, DEFAULT_CATALOGUE, {
      serviceId,
      agentId,
      months: 1,
      idempotencyKey: `charge ${names}`,
    });
    if (outcome !== 'renewed') throw new Error('a charge was taken for another');
  });
});

answer('limit', async (loop: ChargeLoop): Promise<ChargeLoopResult> => {
  const { pool } = open(loop.databaseUrl);
  await pool.query(`
    CREATE TABLE IF NOT EXISTS bare_wallets (id int PRIMARY KEY, balance bigint NOT NULL);
    CREATE TABLE IF NOT EXISTS bare_entries (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, wallet int NOT NULL, amount bigint NOT NULL);
    INSERT INTO bare_wallets SELECT n, 0 FROM generate_series(1, ${loop.agents}) AS n
    ON CONFLICT DO NOTHING`);
  const wallets = Array.from({ length: loop.agents }, (_, index) => index + 1);
  return await repeat(loop, wallets, async (wallet) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('INSERT INTO bare_entries (wallet, amount) VALUES ($1, -500)', [wallet]);
      await client.query('UPDATE bare_wallets SET balance = balance - 500 WHERE id = $1', [wallet]);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  });
});

async function repeat<T>(
  { parallel, durationS }: ChargeLoop,
  places: readonly T[],
  act: (place: T) => Promise<void>,
): Promise<ChargeLoopResult> {
  const startedMs = performance.now();
  let charges = 0;
  const clients = Array.from({ length: parallel }, async (_, index) => {
    for (let turn = index; performance.now() - startedMs < durationS * 1000; turn += parallel) {
      const place = places[turn % places.length];
      if (place === undefined) return;
      await act(place);
      charges += 1;
    }
  });
  await Promise.all(clients);
  return { charges, durationMs: performance.now() - startedMs };
}

async function makeCustomers(opened: Database, { agents, servicesEach }: ChargeLoop) {
  const customers: Customer[] = [];
  for (let agent = 0; agent < agents; agent += 1) {
    await opened.query.transaction().execute(async (transaction) => {
      const agentId = await createAgent(transaction, {
        name: `Agent ${agent}`,
        mode: 'test',
        keyFingerprint: randomBytes(32),
        keyPrefix: 'bench',
        subscriptionEndsAtMs: null,
      });
      await transfer(transaction, {
        kind: 'top-up',
        idempotencyKey: null,
        fingerprint: 'top-up',
        from: 'funding',
        to: { agentId },
        amount: PLENTY,
      });
      for (let number = 0; number < servicesEach; number += 1) {
        const serviceId = await createService(transaction, {
          agentId,
          mode: 'test',
          planId: 2,
          keyFingerprint: randomBytes(32),
          keyPrefix: 'bench',
          keySealed: Buffer.alloc(0),
          receivesMessages: false,
          expiresAtMs: Date.now() + 86_400_000,
          billingDay: 1,
        });
        if (serviceId !== null) customers.push({ agentId, serviceId });
      }
    });
  }
  return customers;
}
