import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // What has arrived leaves the queue. Its attempts say that it was there.
  `DELETE FROM webhook_deliveries WHERE state = 'delivered'`,
  `ALTER TABLE webhook_deliveries
     DROP CONSTRAINT webhook_deliveries_state_check,
     ADD CONSTRAINT webhook_deliveries_state_check
       CHECK (state IN ('pending', 'exhausted', 'dropped'))`,
];

/** Deliveries are a queue: of what has arrived only the attempts are kept. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
