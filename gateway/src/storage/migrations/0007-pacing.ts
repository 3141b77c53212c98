import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // What was asked for this service alone: null, "safe", "off" or an object of settings.
  `ALTER TABLE services ADD COLUMN pacing jsonb`,
  // Where a paced account stands, so that a restart or another process forgets nothing.
  `CREATE TABLE paces (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     -- Whose pace it is: another number linked to the service begins anew.
     phone text NOT NULL,
     linked_at timestamptz NOT NULL,
     -- False while the account is unpaced: then nobody keeps its chats.
     is_following boolean NOT NULL,
     next_at timestamptz NOT NULL DEFAULT 'epoch',
     next_opening_at timestamptz NOT NULL DEFAULT 'epoch',
     new_chats_paused_until timestamptz NOT NULL DEFAULT 'epoch',
     paused_until timestamptz NOT NULL DEFAULT 'epoch',
     pause_reason text CHECK (pause_reason IN ('too_fast', 'temporary_ban')),
     slowdown float8 NOT NULL DEFAULT 1,
     slowed_at timestamptz NOT NULL DEFAULT 'epoch',
     strikes integer NOT NULL DEFAULT 0) WITH (fillfactor = 60)`,
  // Whom a paced account has written to or heard from.
  `CREATE TABLE chats (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     chat text NOT NULL,
     -- When it was begun, if we began it, and a print of the text that began it.
     opened_at timestamptz,
     opened_print bigint,
     last_sent_at timestamptz,
     last_received_at timestamptz,
     -- Until when its messages so far are paid for.
     paid_until timestamptz NOT NULL DEFAULT 'epoch',
     PRIMARY KEY (service_id, chat)) WITH (fillfactor = 80)`,
  `CREATE INDEX chats_opened ON chats (service_id, opened_at) WHERE opened_at IS NOT NULL`,
  // Held messages leave the queue's own index: a hundred thousand of them cost a search nothing.
  `CREATE INDEX messages_held ON messages (service_id, is_urgent DESC, due_at, id)
     WHERE state = 'held'`,
  `CREATE INDEX messages_held_of_chat ON messages (service_id, chat) WHERE state = 'held'`,
  `DROP INDEX messages_expiring`,
  `CREATE INDEX messages_expiring ON messages (expires_at)
     WHERE expires_at IS NOT NULL AND state IN ('accepted', 'fetching', 'ready', 'held')`,
  // Numbers that people write in another way than WhatsApp does: few.
  `CREATE INDEX lookups_written_otherwise ON lookups (service_id, whatsapp_phone)
     WHERE whatsapp_phone <> phone`,
];

/** What pacing has to remember. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
