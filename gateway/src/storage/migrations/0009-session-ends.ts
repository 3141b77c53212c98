import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // What WhatsApp's refusals demand and a restart must not forget: a ban is waited for
  // (`retry_at`), the credentials of a refused account are deleted (`forget_at`).
  `CREATE TABLE session_ends (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     retry_at timestamptz,
     forget_at timestamptz)`,
  // How alive an open connection is. Rewritten all the time, so it has rows of its own.
  `CREATE TABLE session_health (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     heard_at timestamptz NOT NULL,
     is_slow boolean NOT NULL,
     answer_ms integer) WITH (fillfactor = 50)`,
];

/** How sessions ended, and how well open ones are. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
