import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Nothing leaves before what it depends on is committed. Here the commit is held up, by locking the
// table it goes to, and the wire is watched from the other side.

const world = await TestWorld.start();
after(() => world[Symbol.asyncDispose]());
const OWN = '447400000501';
const ANN = '447400000502';
const apiKey = await world.makeService({ link: OWN });

const first = await world.send(apiKey, ANN, 'first contact');
await world.waitForStatus(apiKey, first, { delivery: 'read' });

/** Lets a table be read but not written until the returned function is called. */
async function holdWrites(table: string): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  return () => client.end();
}

/** Waits until a statement that says this waits to write to the table. */
async function waitForBlockedWrite(table: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: world.databaseUrl });
  await client.connect();
  await waitUntil(`a blocked write to ${table}`, async () => {
    const { rowCount } = await client.query(
      `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE NOT granted AND relation = $1::regclass AND query LIKE '%' || $2 || '%'`,
      [table, statement],
    );
    return (rowCount ?? 0) > 0;
  });
  await client.end();
}

const stats = async () => (await world.askSimulator('/simulator/stats')).json;

const unacknowledged = async (): Promise<number> => (await stats()).stanzasWaiting.unacknowledged;

/** Whatever was on the wire has arrived after some answers of the simulator on the same machine. */
async function letTheWireRun(): Promise<void> {
  for (let answer = 0; answer < 30; answer += 1) await stats();
}

test('a message leaves only when its ratchet step is committed', async () => {
  const before = (await stats()).messagesIn;
  const release = await holdWrites('account_keys');
  const id = await world.send(apiKey, ANN, 'held back');
  await waitForBlockedWrite('account_keys', 'INTO account_keys');
  await letTheWireRun();
  assert.equal((await stats()).messagesIn, before, 'the message left too early');
  await release();
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('a receipt is acknowledged only when its tick is committed', async () => {
  await waitUntil('all to be acknowledged', async () => (await unacknowledged()) === 0);
  const behaviour = { ackDelayMs: 0, deliverAfterMs: 1500, readAfterMs: null };
  await world.askSimulator('/simulator/behaviour', behaviour, 'PUT');
  const id = await world.send(apiKey, ANN, 'delivered late');
  await world.waitForStatus(apiKey, id, { delivery: 'server' });
  const release = await holdWrites('messages');
  await waitForBlockedWrite('messages', 'phone_at = ');
  await letTheWireRun();
  assert.ok((await unacknowledged()) > 0, 'the receipt was acknowledged too early');
  await release();
  await waitUntil('it to be acknowledged', async () => (await unacknowledged()) === 0);
  await world.waitForStatus(apiKey, id, { delivery: 'phone' });
});
