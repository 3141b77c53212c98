import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `ALTER TABLE messages
     ADD COLUMN is_urgent boolean NOT NULL DEFAULT false,
     ADD COLUMN expires_at timestamptz,
     ADD COLUMN metadata text,
     ADD COLUMN claim_epoch bigint,
     ADD COLUMN crashes smallint NOT NULL DEFAULT 0`,
  `CREATE INDEX messages_urgent ON messages (service_id, due_at, id)
     WHERE is_urgent AND state IN ('accepted', 'ready')`,
  `CREATE INDEX messages_expiring ON messages (expires_at)
     WHERE expires_at IS NOT NULL AND state IN ('accepted', 'fetching', 'ready')`,
];

/** Urgency, expiry, the customer's own reference, and what a crash leaves to know. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
