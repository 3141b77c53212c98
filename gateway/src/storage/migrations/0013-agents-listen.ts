import { sql, type Kysely } from 'kysely';

const TABLES_OF_LISTENERS = ['webhooks', 'events', 'webhook_deliveries', 'webhook_attempts'];

const STATEMENTS = [
  // A listener is a service, under its number, or an agent, under minus its own. No table has both,
  // so nothing is referenced; rows of services are never deleted.
  ...TABLES_OF_LISTENERS.map(
    (table) => `ALTER TABLE ${table} RENAME COLUMN service_id TO listener_id`,
  ),
  `ALTER TABLE webhooks DROP CONSTRAINT webhooks_service_id_fkey`,
  `ALTER TABLE events DROP CONSTRAINT events_service_id_fkey`,
  `CREATE VIEW listeners AS
     SELECT id, mode, plan_id, key_sealed, key_prefix FROM services
     UNION ALL
     SELECT -id, mode, NULL, NULL, '' FROM agents`,
  `CREATE INDEX agents_as_listeners ON agents ((-id))`,

  // The service that an agent is told about: the visible part of its key.
  `ALTER TABLE events ADD COLUMN about text`,

  // Whatever ends is told of beforehand, each time once; an agent's own subscription ends, too.
  `ALTER TABLE service_notices RENAME TO end_notices`,
  `ALTER TABLE end_notices DROP CONSTRAINT service_notices_service_id_fkey`,
  `ALTER TABLE end_notices RENAME COLUMN service_id TO listener_id`,
  `CREATE INDEX agents_by_subscription_end ON agents (subscription_ends_at)`,

  // What becomes of a service is told to its agent, too, in the order of each service.
  `DROP FUNCTION keep_event(bigint, text, text, json)`,
  `CREATE FUNCTION keep_event(of_listener bigint, event_type text, event_subject text,
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
     WHERE told.is_posted
   $$`,
];

/** Agents hear of their services. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
