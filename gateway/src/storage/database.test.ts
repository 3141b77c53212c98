import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../../test/harness/database.ts';
import { waitUntil } from '../../test/harness/wait-until.ts';
import { openDatabase } from './database.ts';

test('a connection that breaks between two statements of a transaction ends nothing but itself', async () => {
  const made = await createTestDatabase();
  const reported: Error[] = [];
  const database = openDatabase(made.url, (error) => reported.push(error));
  try {
    const client = await database.pool.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await database.pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    // Nobody waits for an answer on it now. Without a listener the process would die of this.
    await waitUntil('the break to be reported', () => reported.length > 0);
    client.release(true);
    assert.equal((await database.pool.query('SELECT 1')).rowCount, 1);
    assert.doesNotMatch(JSON.stringify(reported[0]), /secretKey/);
  } finally {
    await database.close();
    await made.drop();
  }
});

test('an idle connection that breaks is reported without what it could be taken over with', async () => {
  const made = await createTestDatabase();
  const reported: Error[] = [];
  const database = openDatabase(made.url, (error) => reported.push(error));
  try {
    const [one, two] = await Promise.all([database.pool.connect(), database.pool.connect()]);
    const { rows } = await one.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    one.release();
    await two.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    two.release();
    await waitUntil('the break to be reported', () => reported.length > 0);
    assert.equal(reported.length, 1);
    assert.equal('client' in (reported[0] ?? {}), false);
  } finally {
    await database.close();
    await made.drop();
  }
});

test('closing leaves no connection, also of a database that was asked through its pool alone', async () => {
  const made = await createTestDatabase();
  const reported: Error[] = [];
  const onBreak = (error: Error): void => void reported.push(error);
  const watcher = openDatabase(made.url, onBreak);
  try {
    const database = openDatabase(made.url, onBreak);
    const { rows } = await database.pool.query('SELECT pg_backend_pid() AS pid');
    await database.close();
    // Where it was left open, the end of PostgreSQL would be told as a connection that broke.
    await watcher.pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
    assert.ok(database.pool.ended);
    assert.equal(database.pool.totalCount, 0);
  } finally {
    await watcher.close();
    await made.drop();
  }
  assert.deepEqual(reported, []);
});
