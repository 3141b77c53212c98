import { sql, type Kysely } from 'kysely';

// As before, and listeners are told. Here a NOTIFY may be part of the transaction: these events are
// rare, and the same notice twice in one transaction is sent once.
const KEEP_EVENT = `
  CREATE OR REPLACE FUNCTION keep_event(of_service bigint, event_type text, event_subject text,
                                        event_data json) RETURNS void LANGUAGE sql AS $$
    WITH kept AS (
      INSERT INTO events (service_id, type, subject, data)
      SELECT service_id, event_type, event_subject, event_data FROM webhooks
      WHERE service_id = of_service AND (has_feed OR (url IS NOT NULL AND format = 'versioned'))
      RETURNING id, service_id, subject)
    INSERT INTO webhook_deliveries (event_id, service_id, subject)
    SELECT kept.id, kept.service_id, kept.subject
    FROM kept JOIN webhooks USING (service_id)
    WHERE webhooks.url IS NOT NULL AND webhooks.format = 'versioned';
    SELECT pg_notify('tickwire_events_kept', service_id::text) FROM webhooks
    WHERE service_id = of_service AND has_feed
  $$`;

/** Whoever listens hears of rare events, too. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(KEEP_EVENT).execute(database);
}
