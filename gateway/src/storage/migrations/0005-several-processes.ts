import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // Copies of files for processes on other machines. A file and its pieces are one transaction.
  `CREATE TABLE shared_files (
     name text PRIMARY KEY,
     bytes bigint NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE shared_file_pieces (
     name text NOT NULL REFERENCES shared_files ON DELETE CASCADE,
     number integer NOT NULL,
     sealed bytea NOT NULL,
     PRIMARY KEY (name, number))`,
  `ALTER TABLE shared_file_pieces ALTER COLUMN sealed SET STORAGE EXTERNAL`,
  `CREATE INDEX shared_files_by_age ON shared_files (created_at)`,
  `CREATE INDEX media_by_name ON media (spool_name) WHERE state = 'ready'`,

  // What one process asks the holder of an account. Unlogged: it lives for seconds, and a pairing
  // code must not come to lie in an archived log.
  `CREATE UNLOGGED TABLE questions (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     question bytea NOT NULL,
     until timestamptz NOT NULL,
     taken_epoch bigint,
     answer bytea)`,
  `CREATE INDEX questions_unanswered ON questions (service_id) WHERE answer IS NULL`,
  `CREATE INDEX questions_by_end ON questions (until)`,

  // A trigger, so that no writer of a session row can forget to tell.
  `CREATE FUNCTION tell_session_changed() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM pg_notify('tickwire_session_changed', NEW.service_id::text);
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER tell_session_changed AFTER UPDATE ON sessions FOR EACH ROW
   WHEN (OLD.changed_at IS DISTINCT FROM NEW.changed_at)
   EXECUTE FUNCTION tell_session_changed()`,
];

/** What several processes on one database need beside leases: each other's files, and a way to ask. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
