import { sql, type Kysely } from 'kysely';

/** The state of a message that pacing holds back. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(`ALTER TYPE message_state ADD VALUE 'held' BEFORE 'sending'`).execute(database);
}
