import { sql, type Kysely } from 'kysely';

const STATEMENTS = [
  // Whoever has a row here listens: to what a service's events are sent (`url`), or by asking for
  // them (`has_feed`). Read by the statements that change messages, so it stays small. The address
  // is held by one process at a time; `wake_at` is when it is to be looked at without a new event,
  // and while it is held, when the hold runs out.
  `CREATE TABLE webhooks (
     service_id bigint PRIMARY KEY REFERENCES services ON DELETE CASCADE,
     url text,
     format text NOT NULL DEFAULT 'documented' CHECK (format IN ('documented', 'versioned')),
     has_feed boolean NOT NULL DEFAULT false,
     feed_acked bigint,
     sends_key boolean NOT NULL DEFAULT true,
     base_url text NOT NULL DEFAULT '',
     secret_sealed bytea NOT NULL,
     old_secret_sealed bytea,
     old_secret_until timestamptz,
     mode text NOT NULL DEFAULT 'flowing'
       CHECK (mode IN ('flowing', 'resting', 'draining', 'disabled')),
     failures integer NOT NULL DEFAULT 0,
     probes integer NOT NULL DEFAULT 0,
     failing_since timestamptz,
     probe_at timestamptz,
     disabled_because text,
     holder text,
     wake_at timestamptz,
     resent_at timestamptz,
     revision integer NOT NULL DEFAULT 0,
     set_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 50)`,
  `CREATE INDEX webhooks_to_wake ON webhooks (wake_at) WHERE wake_at IS NOT NULL`,

  // What happened, as told to listeners. Written with the change it tells of, never changed.
  // `xid` comes first, so that a row has its transaction before it has its id.
  `CREATE TABLE events (
     xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     service_id bigint NOT NULL REFERENCES services ON DELETE CASCADE,
     type text NOT NULL,
     subject text NOT NULL,
     data json NOT NULL,
     created_at timestamptz NOT NULL DEFAULT now())`,
  `CREATE INDEX events_by_service ON events (service_id, xid, id)`,

  // An event's way to the service's webhook. No foreign keys: they would cost more than the row.
  `CREATE TABLE webhook_deliveries (
     event_id bigint PRIMARY KEY,
     service_id bigint NOT NULL,
     subject text NOT NULL,
     state text NOT NULL DEFAULT 'pending'
       CHECK (state IN ('pending', 'delivered', 'exhausted', 'dropped')),
     attempts smallint NOT NULL DEFAULT 0,
     next_at timestamptz NOT NULL DEFAULT now(),
     queued_at timestamptz NOT NULL DEFAULT now()) WITH (fillfactor = 70)`,
  `CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (service_id, event_id)
     WHERE state = 'pending'`,
  `CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (service_id, subject, event_id)
     WHERE state = 'pending'`,
  `CREATE INDEX webhook_deliveries_exhausted ON webhook_deliveries (service_id, event_id)
     WHERE state = 'exhausted'`,

  `CREATE TABLE webhook_attempts (
     id bigint GENERATED ALWAYS AS IDENTITY,
     service_id bigint NOT NULL,
     event_id bigint NOT NULL,
     attempt smallint NOT NULL,
     url text NOT NULL,
     status smallint,
     failure text,
     latency_ms integer NOT NULL,
     answer text NOT NULL,
     at timestamptz NOT NULL,
     PRIMARY KEY (event_id, id))`,

  // What is rare is told by triggers, which no statement can forget: they see every change of a
  // state. The two frequent events (a tick, an incoming message) are told by the statements that
  // write them, for whole batches at once.
  `CREATE FUNCTION keep_event(of_service bigint, event_type text, event_subject text,
                              event_data json) RETURNS void LANGUAGE sql AS $$
     WITH kept AS (
       INSERT INTO events (service_id, type, subject, data)
       SELECT service_id, event_type, event_subject, event_data FROM webhooks
       WHERE service_id = of_service AND (has_feed OR (url IS NOT NULL AND format = 'versioned'))
       RETURNING id, service_id, subject)
     INSERT INTO webhook_deliveries (event_id, service_id, subject)
     SELECT kept.id, kept.service_id, kept.subject
     FROM kept JOIN webhooks USING (service_id)
     WHERE webhooks.url IS NOT NULL AND webhooks.format = 'versioned'
   $$`,

  `CREATE FUNCTION message_failed() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM keep_event(NEW.service_id, 'message.failed', 'message:' || NEW.id, json_build_object(
       'messageId', NEW.id::text, 'whatsappId', NEW.whatsapp_id, 'to', NEW.chat,
       'isGroup', NEW.is_group, 'status', NEW.state,
       'reason', coalesce(NEW.failure, NEW.state::text), 'metadata', NEW.metadata));
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER message_failed AFTER UPDATE ON messages FOR EACH ROW
     WHEN (NEW.state <= 'failed' AND NEW.state <> 'cancelled' AND OLD.state > 'failed')
     EXECUTE FUNCTION message_failed()`,

  `CREATE FUNCTION session_changed() RETURNS trigger LANGUAGE plpgsql AS $$
   DECLARE
     stands json := json_build_object('state', NEW.state, 'detail', NEW.detail,
                                      'phone', NEW.phone, 'lid', NEW.lid, 'name', NEW.name);
   BEGIN
     IF NEW.state = 'connected' AND OLD.state <> 'connected' THEN
       PERFORM keep_event(NEW.service_id, 'session.connected', 'session', stands);
     ELSIF OLD.state = 'connected' AND NEW.state <> 'connected' THEN
       PERFORM keep_event(NEW.service_id, 'session.disconnected', 'session', stands);
     END IF;
     IF NEW.qr IS NOT NULL AND NEW.qr IS DISTINCT FROM OLD.qr THEN
       PERFORM keep_event(NEW.service_id, 'session.qr', 'session',
                          json_build_object('qr', NEW.qr));
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER session_changed AFTER UPDATE ON sessions FOR EACH ROW
     WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.qr IS DISTINCT FROM NEW.qr)
     EXECUTE FUNCTION session_changed()`,

  `CREATE FUNCTION service_changed() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     PERFORM keep_event(NEW.id,
       CASE NEW.state WHEN 'suspended' THEN 'service.suspended'
                      WHEN 'removed' THEN 'service.removed' ELSE 'service.activated' END,
       'service', json_build_object('state', NEW.state, 'expiresAt', NEW.expires_at));
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER service_changed AFTER UPDATE ON services FOR EACH ROW
     WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION service_changed()`,
];

/** Events, and their way to those who listen. */
export async function up(database: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(database);
}
