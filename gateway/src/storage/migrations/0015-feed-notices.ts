import { sql, type Kysely } from 'kysely';

// As before, and whoever asks for a service's events is told. Here a NOTIFY may be part of the
// transaction: these events are rare, and the same notice twice in one transaction is sent once.
const KEEP_EVENT = `
  CREATE OR REPLACE FUNCTION keep_event(of_listener bigint, event_type text, event_subject text,
                                        event_data json) RETURNS void LANGUAGE sql AS $$
    WITH told AS (
      SELECT listener_id, event_subject AS subject, NULL AS about,
             url IS NOT NULL AND format = 'versioned' AS is_posted
      FROM webhooks
      WHERE listener_id = of_listener
        AND (has_feed OR (url IS NOT NULL AND format = 'versioned'))
      UNION ALL
      SELECT w.listener_id, 'service:' || s.id, s.key_prefix, true
      FROM services s JOIN webhooks w ON w.listener_id = -s.agent_id
      WHERE s.id = of_listener AND event_type LIKE 'service.%' AND w.url IS NOT NULL),
    kept AS (
      INSERT INTO events (listener_id, type, subject, data, about)
      SELECT listener_id, event_type, subject, event_data, about FROM told
      RETURNING id, listener_id, subject)
    INSERT INTO webhook_deliveries (event_id, listener_id, subject)
    SELECT kept.id, kept.listener_id, kept.subject
    FROM kept JOIN told USING (listener_id)
    WHERE told.is_posted;
    SELECT pg_notify('tickwire_events_kept', listener_id::text) FROM webhooks
    WHERE listener_id = of_listener AND has_feed
  $$`;

/** Whoever listens hears of rare events, too. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql.raw(KEEP_EVENT).execute(database);
}
