import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Pool } from 'pg';
import { SAFE_POLICY } from '../../src/domain/pacing.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLog } from '../../src/runtime/log.ts';
import { systemRandom } from '../../src/runtime/random.ts';
import { openDatabase, PLANNER_OPTIONS } from '../../src/storage/database.ts';
import { keepOwnPacing } from '../../src/storage/pacing/pace-row.ts';
import { recordSession } from '../../src/storage/sessions/session-rows.ts';
import { createTestDatabase } from '../harness/database.ts';
import { leaseOf, storeService } from '../harness/stored-service.ts';
import { Pacing } from '../../src/outbox/pacing/pacing.ts';

// A hundred thousand messages to strangers, when no new chat may be begun, and one to a chat that
// exists behind all of them. Rows are counted, not seconds: they do not depend on the machine.

const STRANGERS = 100_000;
const FRIEND = '447400000011';

const made = await createTestDatabase();
const database = openDatabase(made.url, () => undefined);
// One connection, so that PostgreSQL's count of the transaction is the count of what it read.
const pool = new Pool({ connectionString: made.url, max: 1, options: PLANNER_OPTIONS });
after(async () => {
  await pool.end();
  await database.close();
  await made.drop();
});

const pacing = new Pacing({
  database: { ...database, pool },
  askNewChatCap: () => Promise.resolve(null),
  policy: SAFE_POLICY,
  clock: systemClock,
  random: systemRandom,
  log: createLog('silent'),
});

const INSERT = `
  INSERT INTO messages (service_id, whatsapp_id, chat, text, is_scheduled, due_at)
  SELECT $1, 'crowd' || number, (CASE WHEN number % 50001 = 0 THEN $3 ELSE '4475' || number END),
         'Hello', false, now() - interval '1 hour'
  FROM generate_series($2::int, $2::int + $4::int) AS number`;

const COUNT_READ = `
  SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int AS count
  FROM pg_stat_xact_user_tables WHERE relname IN ('messages', 'chats')`;

/** What `work` answers, and how many rows of messages and chats it read. */
async function countRead<Answer>(work: () => Promise<Answer>): Promise<[Answer, number]> {
  const readSoFar = async (): Promise<number> =>
    (await pool.query<{ count: number }>(COUNT_READ)).rows[0]?.count ?? 0;
  await pool.query('BEGIN');
  const before = await readSoFar();
  const answer = await work();
  const read = (await readSoFar()) - before;
  await pool.query('COMMIT');
  return [answer, read];
}

test('strangers that wait cost nothing but one look at each', async () => {
  const serviceId = await storeService(database);
  const account = { phone: '447400000001', lid: null, name: null };
  await recordSession(pool, leaseOf(serviceId), {
    state: 'connected',
    detail: null,
    qr: null,
    account,
  });
  await keepOwnPacing(pool, serviceId, { gapSecondsMin: 0, gapSecondsMax: 0, newChatsPerHour: 0 });
  assert.equal((await pacing.next(leaseOf(serviceId))).kind, 'wait');
  await pool.query(
    `INSERT INTO chats (service_id, chat, last_sent_at) VALUES ($1, $2, now() - interval '1 day')`,
    [serviceId, FRIEND],
  );
  await pool.query(INSERT, [serviceId, 1, FRIEND, STRANGERS]);

  const [first, firstRead] = await countRead(() => pacing.next(leaseOf(serviceId)));
  assert.ok(first.kind === 'claimed' && first.message.recipient.kind === 'person');
  assert.equal(first.message.recipient.phone, FRIEND);
  assert.ok(firstRead < STRANGERS * 4, `the strangers before it were read once: ${firstRead}`);

  const second = await pacing.next(leaseOf(serviceId));
  assert.equal(second.kind, 'wait', 'all strangers are held now');
  const [third, thirdRead] = await countRead(() => pacing.next(leaseOf(serviceId)));
  assert.equal(third.kind, 'wait');
  assert.ok(thirdRead < 50, `${thirdRead} rows to find that nothing may go`);

  await pool.query(INSERT, [serviceId, STRANGERS + 2, FRIEND, 0]);
  const [fourth, fourthRead] = await countRead(() => pacing.next(leaseOf(serviceId)));
  assert.equal(fourth.kind, 'claimed');
  assert.ok(fourthRead < 50, `${fourthRead} rows to find and claim what may go`);
});
