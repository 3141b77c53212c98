import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // A process that holds sockets. It is alive while `until` lies ahead, by this server's clock.
  `CREATE TABLE workers (
     id text PRIMARY KEY,
     until timestamptz NOT NULL,
     started_at timestamptz NOT NULL DEFAULT now())`,
  // The right to hold an account's socket. The epoch grows with every change of hands, and every
  // write about the account carries it: whoever was overtaken while it slept changes nothing.
  `CREATE TABLE leases (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     worker_id text,
     epoch bigint NOT NULL DEFAULT 0,
     taken_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 60)`,
  `CREATE INDEX leases_by_worker ON leases (worker_id)`,
];

/** Who holds which account's socket. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
