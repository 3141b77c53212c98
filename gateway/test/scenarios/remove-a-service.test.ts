import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// What removal leaves behind: nothing here, and no linked device on the phone.

const PURGED_WITHIN_MS = 45_000;

const world = await TestWorld.start();
const database = new Client({ connectionString: world.databaseUrl });
await database.connect();
after(async () => {
  await database.end();
  await world[Symbol.asyncDispose]();
});

/** Tables with rows about one service, but for what tells of it for a day, and the service itself. */
const ABOUT_A_SERVICE = [
  'account_keys',
  'messages',
  'received_messages',
  'media',
  'received_media',
  'lookups',
  'idempotency_keys',
  'questions',
  'chats',
  'paces',
  'session_ends',
  'replaced_keys',
];

async function idOf(apiKey: string): Promise<number> {
  const { rows } = await database.query<{ id: number }>(
    'SELECT id FROM services WHERE key_prefix = $1',
    [apiKey.slice(0, 7)],
  );
  return rows[0]?.id ?? 0;
}

async function waitUntilPurged(serviceId: number): Promise<void> {
  const purged = async (): Promise<boolean> => {
    const query = 'SELECT FROM services WHERE id = $1 AND purged_at IS NOT NULL';
    return (await database.query(query, [serviceId])).rowCount === 1;
  };
  await waitUntil('the service to be purged', purged, PURGED_WITHIN_MS);
  for (const table of ABOUT_A_SERVICE) {
    const query = `SELECT FROM ${table} WHERE service_id = $1`;
    assert.equal((await database.query(query, [serviceId])).rowCount, 0, table);
  }
}

/** Its owner finds no linked device in the phone's list. */
async function assertUnlinked(phone: string): Promise<void> {
  await assert.rejects(world.askSimulator(`/simulator/phones/${phone}/unlink`, {}), /not_linked/);
}

test('a connected service: its phone has no linked device any more', async () => {
  const phone = '447400000801';
  const apiKey = await world.makeService({ link: phone });
  const id = await world.send(apiKey, '447400000802', 'before');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  const serviceId = await idOf(apiKey);
  await world.askAsOperator(`/admin/services/${apiKey}/remove`, {});
  await waitUntilPurged(serviceId);
  await assertUnlinked(phone);
  assert.equal((await world.ask(`/serviceSettings/${apiKey}`)).status, 401);
});

test('a suspended one is connected once more, for this alone', async () => {
  const phone = '447400000803';
  const apiKey = await world.makeService({ link: phone });
  const serviceId = await idOf(apiKey);
  await world.waitForConnection(apiKey, 'connected');
  await world.askAsOperator(`/admin/services/${apiKey}/suspend`, {});
  await world.waitForConnection(apiKey, 'disconnected');
  // What waits in its queue is not sent on the occasion.
  await database.query(
    `INSERT INTO messages (service_id, whatsapp_id, chat, text, is_scheduled, due_at)
     VALUES ($1, '3EB0FFFFFFFFFFFFFFFFFF', '447400000804', 'late', false, now())`,
    [serviceId],
  );
  await world.askAsOperator(`/admin/services/${apiKey}/remove`, {});
  await waitUntilPurged(serviceId);
  await assertUnlinked(phone);
  assert.deepEqual(await world.shownBy('447400000804'), []);
});

test('one whose WhatsApp can not be reached is purged all the same', async () => {
  const phone = '447400000805';
  const apiKey = await world.makeService({ link: phone });
  const serviceId = await idOf(apiKey);
  await world.askSimulator('/simulator/faults', { kind: 'refuse-connection', count: 1000, phone });
  await world.askAsOperator(`/admin/services/${apiKey}/suspend`, {});
  await world.waitForConnection(apiKey, 'disconnected');
  await world.askAsOperator(`/admin/services/${apiKey}/remove`, {});
  await waitUntilPurged(serviceId);
});
