import type { Pool } from 'pg';
import { EVENT_LIFETIME_MS, type DeliveryState, type WebhookMode } from '../../domain/event.ts';
import type { EventId, ListenerId } from '../../domain/ids.ts';
import { arrayText } from '../array-text.ts';

/** An attempt to deliver an event, and how the delivery stands after it. */
export interface RecordedAttempt {
  readonly eventId: EventId;
  readonly listenerId: ListenerId;
  /** From 1. */
  readonly attempt: number;
  readonly state: DeliveryState;
  readonly nextAtMs: number;
  readonly url: string;
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** Why it does not count as delivered, or null. */
  readonly failure: string | null;
  readonly latencyMs: number;
  /** How the answer begins. */
  readonly answer: string;
  readonly atMs: number;
}

const RECORD = `
  WITH a AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::float8[],
                         $6::text[], $7::smallint[], $8::text[], $9::integer[], $10::text[],
                         $11::float8[])
      AS a(event_id, listener_id, attempt, state, next_ms, url, status, failure, latency_ms, answer,
           at_ms)),
  arrived AS (
    DELETE FROM webhook_deliveries d USING a
    WHERE a.state = 'delivered' AND d.event_id = a.event_id),
  stand AS (
    UPDATE webhook_deliveries d
    SET state = CASE WHEN d.state = 'pending' THEN a.state ELSE d.state END,
        attempts = a.attempt, next_at = to_timestamp(a.next_ms / 1000.0),
        queued_at = CASE WHEN a.attempt = 1 AND a.state = 'pending'
                          AND d.queued_at < to_timestamp(a.at_ms / 1000.0) - interval '${EVENT_LIFETIME_MS} ms'
                         THEN to_timestamp(a.at_ms / 1000.0) ELSE d.queued_at END
    FROM a WHERE a.state <> 'delivered' AND d.event_id = a.event_id AND d.state IN ('pending', 'dropped'))
  INSERT INTO webhook_attempts
    (listener_id, event_id, attempt, url, status, failure, latency_ms, answer, at)
  SELECT listener_id, event_id, attempt, url, status, failure, latency_ms, answer,
         to_timestamp(at_ms / 1000.0)
  FROM a`;

/**
 * Writes attempts, of any number of listeners, in one statement. What has arrived leaves the queue;
 * what was dropped meanwhile stays so unless it has arrived. A first attempt at something older than its lifetime shows that it was queued
 * by a clock that was wrong: it counts as queued then.
 */
export async function recordAttempts(
  pool: Pool,
  attempts: readonly RecordedAttempt[],
): Promise<void> {
  await pool.query({
    name: 'record-attempts',
    text: RECORD,
    values: [
      arrayText(attempts.map(({ eventId }) => eventId)),
      arrayText(attempts.map(({ listenerId }) => listenerId)),
      arrayText(attempts.map(({ attempt }) => attempt)),
      arrayText(attempts.map(({ state }) => state)),
      arrayText(attempts.map(({ nextAtMs }) => nextAtMs)),
      attempts.map(({ url }) => url),
      arrayText(attempts.map(({ status }) => status)),
      arrayText(attempts.map(({ failure }) => failure)),
      arrayText(attempts.map(({ latencyMs }) => latencyMs)),
      attempts.map(({ answer }) => answer),
      arrayText(attempts.map(({ atMs }) => atMs)),
    ],
  });
}

/** How a webhook stands, to be kept. */
export interface WebhookStanding {
  readonly mode: WebhookMode;
  readonly failures: number;
  readonly probes: number;
  readonly failingSinceMs: number | null;
  readonly probeAtMs: number | null;
}

const RECORD_STANDING = `
  UPDATE webhooks SET mode = $3, failures = $4, probes = $5,
    failing_since = to_timestamp($6::float8 / 1000), probe_at = to_timestamp($7::float8 / 1000)
  WHERE listener_id = $1 AND revision = $2`;

/** Keeps how a webhook stands, unless its owner has changed it meanwhile. */
export async function recordStanding(
  pool: Pool,
  listenerId: ListenerId,
  revision: number,
  { mode, failures, probes, failingSinceMs, probeAtMs }: WebhookStanding,
): Promise<void> {
  await pool.query({
    name: 'record-standing',
    text: RECORD_STANDING,
    values: [listenerId, revision, mode, failures, probes, failingSinceMs, probeAtMs],
  });
}

const DISABLE = `
  WITH disabled AS (
    UPDATE webhooks SET mode = 'disabled', disabled_because = $3, probe_at = NULL,
      failures = $4, failing_since = to_timestamp($5::float8 / 1000)
    WHERE listener_id = $1 AND revision = $2 RETURNING listener_id, url, format),
  told AS (
    INSERT INTO events (listener_id, type, subject, data)
    SELECT listener_id, 'webhook.disabled', 'webhook',
           json_build_object('url', url, 'reason', $3::text)
    FROM disabled RETURNING id, listener_id, subject)
  INSERT INTO webhook_deliveries (event_id, listener_id, subject)
  SELECT told.id, told.listener_id, told.subject FROM told JOIN disabled USING (listener_id)
  WHERE disabled.format = 'versioned'`;

/**
 * Keeps that a webhook is disabled, with the event that says so; it goes to the webhook, too, when
 * it is opened again.
 */
export async function disableWebhook(
  pool: Pool,
  listenerId: ListenerId,
  revision: number,
  { failures, failingSinceMs }: WebhookStanding,
  reason: string,
): Promise<void> {
  await pool.query({
    name: 'disable-webhook',
    text: DISABLE,
    values: [listenerId, revision, reason, failures, failingSinceMs],
  });
}
