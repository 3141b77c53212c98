import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  `ALTER TYPE message_state ADD VALUE 'fetching' BEFORE 'ready'`,

  `CREATE SEQUENCE media_ids`,
  `CREATE TABLE media (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     id bigint NOT NULL DEFAULT nextval('media_ids'),
     state text NOT NULL CHECK (state IN ('fetching', 'ready', 'failed', 'removed')),
     link text NOT NULL DEFAULT '',
     spool_name text,
     kind text CHECK (kind IN ('image', 'video', 'audio', 'voice', 'document', 'sticker')),
     mimetype text,
     file_name text,
     bytes bigint,
     failure text,
     attempts smallint NOT NULL DEFAULT 0,
     next_try_at timestamptz NOT NULL DEFAULT now(),
     uploaded bytea,
     uploaded_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (service_id, id))`,
  `CREATE INDEX media_to_fetch ON media (next_try_at) WHERE state = 'fetching'`,
  `CREATE INDEX media_in_spool ON media (created_at) WHERE state = 'ready'`,

  // A chat is a number or a group: its digits, and which of the two.
  `ALTER TABLE messages RENAME COLUMN phone TO chat`,
  `ALTER TABLE messages DROP COLUMN written_phone`,
  `ALTER TABLE messages
     ADD COLUMN is_group boolean NOT NULL DEFAULT false,
     ADD COLUMN latitude double precision,
     ADD COLUMN longitude double precision,
     ADD COLUMN media_id bigint`,
  `CREATE INDEX messages_by_media ON messages (service_id, media_id) WHERE media_id IS NOT NULL`,

  `CREATE TABLE received_media (
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     message_id bigint NOT NULL,
     state text NOT NULL CHECK (state IN ('waiting', 'stored', 'failed', 'removed')),
     source bytea NOT NULL,
     spool_name text,
     mimetype text NOT NULL,
     file_name text NOT NULL,
     bytes bigint NOT NULL DEFAULT 0,
     failure text,
     attempts smallint NOT NULL DEFAULT 0,
     next_try_at timestamptz NOT NULL DEFAULT now(),
     created_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (service_id, message_id))`,
  `CREATE INDEX received_media_waiting ON received_media (next_try_at) WHERE state = 'waiting'`,
  `CREATE INDEX received_media_kept ON received_media (created_at)
     WHERE state IN ('stored', 'failed')`,
  `CREATE INDEX received_media_by_name ON received_media (spool_name) WHERE spool_name IS NOT NULL`,
];

/** Groups, locations and files: what a message says besides text, on its way out and in. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
