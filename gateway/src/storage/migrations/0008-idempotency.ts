import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // What a call under a key led to: enough to say its answer again, byte by byte, after the messages
  // themselves are gone.
  `CREATE TABLE idempotency_keys (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     key text COLLATE "C" NOT NULL,
     fingerprint bytea NOT NULL,
     message_ids bigint[] NOT NULL,
     recipients json,
     used_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (service_id, key))`,
  `CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at)`,
  `CREATE INDEX messages_scheduled ON messages (service_id, due_at, id)
     WHERE is_scheduled AND state IN ('accepted', 'fetching', 'ready', 'held')`,
];

/** Calls that are carried out once, and messages that wait for a time of their own. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
