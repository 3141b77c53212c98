import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ServiceId } from '../../domain/ids.ts';
import type { DueMessage } from '../../domain/message.ts';
import {
  acceptedMessage,
  leaseOf,
  openTestDatabase,
  storeService,
} from '../../../test/harness/stored-service.ts';
import { claimDoubts, claimPrimeSuspect } from './claim-doubts.ts';
import { CLAIM_DUE, claimDueMessages } from './claim-due-messages.ts';
import { insertMessages } from './insert-messages.ts';
import { nextDueInMs } from './next-due.ts';

const opened = await openTestDatabase();
after(() => opened[Symbol.asyncDispose]());
const { pool } = opened.database;

const texts = (messages: readonly DueMessage[]): string =>
  messages.map(({ content }) => content.text).join(' ');

async function keep(serviceId: ServiceId, written: string, change = {}): Promise<void> {
  for (const text of written.split(' ')) {
    const isUrgent = text.startsWith('u');
    await insertMessages(pool, [{ ...acceptedMessage(serviceId, text), isUrgent, ...change }]);
  }
}

test('urgent ones first in their places, each kind in order; what one leaves the other takes', async () => {
  const serviceId = await storeService(opened.database);
  await keep(serviceId, 'a u1 b u2 c u3 d u4 e');
  const claim = async (count: number, urgentFirst: number): Promise<string> =>
    texts(await claimDueMessages(pool, leaseOf(serviceId), { count, urgentFirst }));
  assert.equal(await claim(3, 2), 'u1 u2 a');
  assert.equal(await claim(1, 0), 'b');
  assert.equal(await claim(4, 4), 'u3 u4 c d');
  await keep(serviceId, 'u5 u6');
  assert.equal(await claim(9, 0), 'u5 u6 e');
});

test('nothing is claimed after its expiry, nor waited for', async () => {
  const serviceId = await storeService(opened.database);
  await keep(serviceId, 'over', { expiresAtMs: Date.now() - 1000 });
  await keep(serviceId, 'later', { expiresAtMs: Date.now() + 3_600_000 });
  const places = { count: 9, urgentFirst: 9 };
  assert.equal(texts(await claimDueMessages(pool, leaseOf(serviceId), places)), 'later');
  assert.equal(await nextDueInMs(pool, serviceId), null);
});

test('doubts come up to the first suspect, a suspect alone, a prime suspect only when asked for', async () => {
  const serviceId = await storeService(opened.database);
  const lease = leaseOf(serviceId);
  await keep(serviceId, 'a b s c p d');
  await claimDueMessages(pool, lease, { count: 9, urgentFirst: 9 });
  const crashes = { s: 1, p: 2 };
  for (const [text, count] of Object.entries(crashes)) {
    const values = [serviceId, text, count];
    await pool.query(
      'UPDATE messages SET crashes = $3 WHERE service_id = $1 AND text = $2',
      values,
    );
  }
  const under = new Set<DueMessage>();
  const claim = async (): Promise<string> => {
    const except = [...under].map(({ whatsAppId }) => whatsAppId);
    const { messages, hasMore } = await claimDoubts(pool, lease, except);
    for (const message of messages) under.add(message);
    return `${texts(messages)}${hasMore ? ' ...' : ''}`;
  };
  assert.deepEqual([await claim(), await claim(), await claim()], ['a b ...', 's ...', 'c d']);
  assert.equal((await claimPrimeSuspect(pool, lease, []))?.content.text, 'p');
});

interface PlanNode {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** How many pages a statement looks at. */
async function pagesOf(statement: string, values: unknown[]): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${statement}`,
      values,
    );
    await client.query('ROLLBACK');
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    assert.ok(plan !== undefined);
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  } finally {
    client.release();
  }
}

test('one service’s 100,000 waiting messages cost another’s claim nothing, and its own little', async () => {
  const [crowded, other] = [
    await storeService(opened.database),
    await storeService(opened.database),
  ];
  await keep(other, 'u a b c');
  const before = await pagesOf(CLAIM_DUE, [other, 0, 64, 51, null]);
  await pool.query(
    `INSERT INTO messages (service_id, whatsapp_id, chat, text, is_scheduled, due_at)
     SELECT $1, 'W' || n, '447400000002', 'text', false, now() - interval '1 hour'
     FROM generate_series(1, 100000) AS n`,
    [crowded],
  );
  const beside = await pagesOf(CLAIM_DUE, [other, 0, 64, 51, null]);
  // The indexes are a level or two deeper, and each is walked some times.
  assert.ok(beside <= before + 40, `${before} pages alone, ${beside} beside 100,000 messages`);
  const own = await pagesOf(CLAIM_DUE, [crowded, 0, 64, 51, null]);
  assert.ok(own < 3000, `${own} pages for 64 of 100,000 messages`);
  assert.ok(own > 64, 'they were really claimed');
});
