import { createHash, randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../src/storage/migrate.ts';

/** A database of a test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Removes it, cutting connections that are still open. */
  drop(): Promise<void>;
}

const MIGRATIONS = join(import.meta.dirname, '../../src/storage/migrations');

/** Names the schema: a template made from other migrations is never taken for this one's. */
function templateName(): string {
  const hash = createHash('sha256');
  for (const file of globSync('**/*.ts', { cwd: MIGRATIONS }).sort()) {
    hash.update(readFileSync(join(MIGRATIONS, file)));
  }
  return `tickwire_template_${hash.digest('hex').slice(0, 16)}`;
}

function testServerUrl(): string {
  const url = process.env['TEST_DATABASE_URL'];
  if (url === undefined) {
    throw new Error(
      'TEST_DATABASE_URL is not set. Start tests with `npm test -- <part of the file name>`.',
    );
  }
  return url;
}

function withDatabaseName(url: string, name: string): string {
  const named = new URL(url);
  named.pathname = `/${name}`;
  return named.href;
}

async function query(
  url: string,
  statement: string,
  values?: readonly string[],
): Promise<{ rowCount: number | null }> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statement, values === undefined ? [] : [...values]);
  } finally {
    await client.end();
  }
}

/**
 * Migrates a template once, which `createTestDatabase` then copies: much faster than migrating every
 * test's database.
 * @param url a superuser's connection string
 */
export async function prepareTemplate(url: string): Promise<void> {
  const name = templateName();
  // A server that is not ours may have one that an earlier run left unfinished.
  await query(url, `DROP DATABASE IF EXISTS ${name}`);
  await query(url, `CREATE DATABASE ${name}`);
  await migrate(withDatabaseName(url, name));
}

/** Makes a database with the newest schema and nothing in it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = testServerUrl();
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = templateName();
  const url = withDatabaseName(server, name);
  const found = await query(server, 'SELECT FROM pg_database WHERE datname = $1', [template]);
  if (found.rowCount === 1) await query(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  else {
    await query(server, `CREATE DATABASE ${name}`);
    await migrate(url);
  }
  return {
    url,
    drop: async () => {
      await query(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}
