import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // What WhatsApp said, when it was asked last, of its own cap on an account's new chats.
  `ALTER TABLE paces
     ADD COLUMN cap_asked_at timestamptz NOT NULL DEFAULT 'epoch',
     ADD COLUMN cap_left integer,
     ADD COLUMN cap_ends_at timestamptz`,
];

/** WhatsApp's cap on new chats. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
