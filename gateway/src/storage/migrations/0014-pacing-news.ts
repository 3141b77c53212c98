import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // Whoever holds the account looks at once, whatever process or person wrote the row.
  `CREATE FUNCTION tell_pacing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM pg_notify('tickwire_pacing_changed', NEW.id::text);
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER tell_pacing_changed AFTER UPDATE OF pacing, plan_id, mode ON services
   FOR EACH ROW
   WHEN ((OLD.pacing, OLD.plan_id, OLD.mode) IS DISTINCT FROM (NEW.pacing, NEW.plan_id, NEW.mode))
   EXECUTE FUNCTION tell_pacing_changed()`,
  // Only one reason was ever written: a ban ends the connection and pauses nothing here.
  `ALTER TABLE paces DROP COLUMN pause_reason`,
];

/** A change of a service's pacing is told. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
