import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `ALTER TABLE messages
     ADD COLUMN is_urgent boolean NOT NULL DEFAULT false,
     ADD COLUMN expires_at timestamptz,
     ADD COLUMN metadata text,
     ADD COLUMN claim_epoch bigint,
     ADD COLUMN crashes smallint NOT NULL DEFAULT 0,
     ADD COLUMN doubt_since timestamptz`,
  `UPDATE messages SET doubt_since = executed_at WHERE state = 'sending'`,
  // Both kinds are claimed side by side, each from its own end of the index.
  `DROP INDEX messages_due`,
  `CREATE INDEX messages_due ON messages (service_id, is_urgent, due_at, id)
     WHERE state IN ('accepted', 'ready')`,
  `CREATE INDEX messages_expiring ON messages (expires_at)
     WHERE expires_at IS NOT NULL AND state IN ('accepted', 'fetching', 'ready')`,
];

/** Urgency, expiry, the customer's own reference, and what a crash leaves to know. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
