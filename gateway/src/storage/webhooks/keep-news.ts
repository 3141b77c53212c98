import type { ServiceId } from '../../domain/ids.ts';

/**
 * The CTEs by which a statement tells listeners what it did: whatever its CTE `news` holds becomes
 * events and, where a webhook wants them, deliveries, in the transaction of the change itself.
 *
 * `news` has the columns `service_id, type, subject, data, place`, and only types of the documented
 * format; `place` is the order. Those of services without a row in `webhooks` must not be there.
 * Afterwards `kept_deliveries` holds the `listener_id` of each delivery, and `kept_feeds` those for
 * whom something was kept to be asked for.
 */
export const KEEP_NEWS = `
  kept_events AS (
    INSERT INTO events (listener_id, type, subject, data)
    SELECT service_id, type, subject, data FROM news ORDER BY place
    RETURNING id, listener_id, subject),
  kept_deliveries AS (
    INSERT INTO webhook_deliveries (event_id, listener_id, subject)
    SELECT kept_events.id, kept_events.listener_id, kept_events.subject
    FROM kept_events JOIN webhooks USING (listener_id)
    WHERE webhooks.url IS NOT NULL
    RETURNING listener_id),
  kept_feeds AS (
    SELECT DISTINCT listener_id FROM kept_events JOIN webhooks USING (listener_id)
    WHERE webhooks.has_feed)`;

/** Whom to tell of what was kept. */
export interface KeptNews {
  /** The services whose webhook has something to deliver now. */
  readonly listening: ReadonlySet<ServiceId>;
  /** The services for whom something was kept to be asked for. */
  readonly feeds: ReadonlySet<ServiceId>;
}
