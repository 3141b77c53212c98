import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { createTestDatabase } from './database.ts';

async function ask(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

test('every test database has the schema, and is empty whatever another one holds', async () => {
  const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase()));
  const [first, second] = databases;
  assert.ok(first !== undefined && second !== undefined);
  await ask(first.url, 'CREATE TABLE only_here (id int)');
  const tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`;
  const names = await ask(second.url, tables);
  assert.ok(names.length > 1, 'the migrations made tables');
  assert.ok(!JSON.stringify(names).includes('only_here'));
  await Promise.all(databases.map((database) => database.drop()));
  await assert.rejects(ask(first.url, tables), /does not exist/);
});
