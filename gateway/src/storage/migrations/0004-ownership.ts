import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // A process that holds sockets. It lives while its row is here: it counts `beat` up, and who sees
  // it stand still for too long deletes the row.
  `CREATE TABLE workers (
     id text PRIMARY KEY,
     home text NOT NULL,
     modes text[] NOT NULL,
     simulator text,
     admin_fingerprint bytea NOT NULL,
     beat bigint NOT NULL DEFAULT 0,
     beat_at timestamptz NOT NULL DEFAULT now(),
     started_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50)`,
  // The right to hold an account's socket; free while `worker_id` is null. The epoch grows with
  // every change of hands, and every write about the account carries it: whoever was overtaken
  // while it slept changes nothing.
  `CREATE TABLE leases (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     worker_id text,
     epoch bigint NOT NULL DEFAULT 0,
     is_abandoned boolean NOT NULL DEFAULT false,
     taken_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 60)`,
  `CREATE INDEX leases_by_worker ON leases (worker_id)`,
  `INSERT INTO leases (service_id) SELECT id FROM services`,

  // Who is linked can be brought back by any process; who is not, only while somebody looks.
  `ALTER TABLE sessions
     ADD COLUMN is_linked boolean NOT NULL DEFAULT false,
     ADD COLUMN asked_at timestamptz`,
  `UPDATE sessions SET is_linked = phone IS NOT NULL AND state <> 'logged_out'`,

  // What all processes on one database must have in common.
  `CREATE TABLE installation (
     name text PRIMARY KEY,
     value bytea NOT NULL)`,
];

/** Who holds which account's socket. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
