import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Pool } from 'pg';
import { openTestDatabase, storeService } from '../../../test/harness/stored-service.ts';
import type { ServiceId } from '../../domain/ids.ts';
import { findDueDeliveries } from './due-deliveries.ts';

const opened = await openTestDatabase();
// One connection, so that what was prepared on it can be asked about.
const pool = new Pool({ connectionString: opened.url, max: 1 });
after(async () => {
  await pool.end();
  await opened[Symbol.asyncDispose]();
});

const KEEP = `
  WITH kept AS (
    INSERT INTO events (listener_id, type, subject, data)
    SELECT $1, 'message.status', 'message:' || number, '{}' FROM generate_series(1, $2) AS number
    RETURNING id, listener_id, subject)
  INSERT INTO webhook_deliveries (event_id, listener_id, subject)
  SELECT id, listener_id, subject FROM kept`;

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** The most rows that one step of a plan has gone through. */
function rowsVisited(node: PlanNode): number {
  const own = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
  return Math.max(own, ...(node.Plans ?? []).map(rowsVisited));
}

async function planOf(listenerId: ServiceId): Promise<PlanNode> {
  const { rows } = await pool.query<{ 'QUERY PLAN': readonly { Plan: PlanNode }[] }>(
    `EXPLAIN (ANALYZE, FORMAT JSON)
     EXECUTE "due-deliveries"(${listenerId}, '{}', ${Date.now()}, false, 200)`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  assert.ok(plan !== undefined);
  return plan;
}

test('what waits for one listener is found without going through what waits for others', async () => {
  const [first, second] = [
    await storeService(opened.database),
    await storeService(opened.database),
  ];
  await pool.query(KEEP, [first, 3000]);
  await pool.query(KEEP, [second, 3000]);
  await pool.query('ANALYZE events, webhook_deliveries');
  const question = { without: [], nowMs: Date.now(), isEarly: false, countMax: 200 };
  const due = await findDueDeliveries(pool, second, question);
  assert.equal(due.length, 200);
  assert.ok(due.every(({ listenerId }) => listenerId === second));
  const ids = due.map(({ id }) => Number(id));
  assert.deepEqual(
    ids,
    ids.toSorted((a, b) => a - b),
    'oldest first',
  );
  const visited = rowsVisited(await planOf(second));
  assert.ok(visited < 1000, `${visited} rows for a page of 200`);
});

test('nothing is due: an empty page', async () => {
  const service = await storeService(opened.database);
  const question = { without: [], nowMs: Date.now(), isEarly: false, countMax: 200 };
  assert.deepEqual(await findDueDeliveries(pool, service, question), []);
});
