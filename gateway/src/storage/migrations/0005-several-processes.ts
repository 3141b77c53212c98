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
     sealed bytea STORAGE EXTERNAL NOT NULL,
     PRIMARY KEY (name, number))`,
  `CREATE INDEX shared_files_by_age ON shared_files (created_at)`,
  `CREATE INDEX media_by_name ON media (spool_name) WHERE state = 'ready'`,
];

/** What several processes on one database need beside leases: each other's files. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
