import type { Pool } from 'pg';
import type { MessageId } from '../../domain/ids.ts';
import { chatOf, type AcceptedMessage } from '../../domain/message.ts';

/** A statement's `messages` as rows: its first parameters are `messageColumns`. */
const COLUMN_TYPES = `
  $1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::float8[], $7::float8[],
  $8::bigint[], $9::boolean[], $10::bigint[], $11::boolean[], $12::bigint[], $13::text[]`;

const COLUMN_NAMES = `
  service_id, whatsapp_id, chat, is_group, text, latitude, longitude, media_id, is_fetched, due_ms,
  is_urgent, expires_ms, metadata`;

const KEPT_COLUMNS = `
  service_id, whatsapp_id, chat, is_group, text, latitude, longitude, media_id, state,
  is_scheduled, due_at, is_urgent, expires_at, metadata`;

const KEPT_VALUES = `
  service_id, whatsapp_id, chat, is_group, text, latitude, longitude, media_id,
  (CASE WHEN is_fetched THEN 'accepted' ELSE 'fetching' END)::message_state,
  due_ms IS NOT NULL, coalesce(to_timestamp(due_ms / 1000.0), now()),
  is_urgent, to_timestamp(expires_ms / 1000.0), metadata`;

const INSERT_MESSAGES = `
  INSERT INTO messages (${KEPT_COLUMNS})
  SELECT ${KEPT_VALUES}
  FROM unnest(${COLUMN_TYPES}) WITH ORDINALITY AS row(${COLUMN_NAMES}, position)
  ORDER BY position
  RETURNING id`;

/**
 * Keeps messages, of any number of services, in one statement and one commit: when it resolves they
 * survive whatever dies.
 * @returns their ids in the order given
 */
export async function insertMessages(
  pool: Pool,
  messages: readonly AcceptedMessage[],
): Promise<MessageId[]> {
  const result = await pool.query<{ id: MessageId }>({
    name: 'insert-messages',
    text: INSERT_MESSAGES,
    values: messageColumns(messages),
  });
  return result.rows.map((row) => row.id);
}

// The keys are taken in one order by all processes, so that no two wait for each other. Whoever
// meets a key that another is just taking waits for that commit, and keeps none of its messages.
const INSERT_NAMED_MESSAGES = `
  WITH wanted AS MATERIALIZED (
    SELECT nextval('message_ids') AS id, row.*
    FROM unnest(${COLUMN_TYPES}, $14::text[], $15::text[], $16::text[])
         WITH ORDINALITY AS row(${COLUMN_NAMES}, key, fingerprint, recipients, position)),
  taken AS (
    INSERT INTO idempotency_keys AS known (service_id, key, fingerprint, message_ids, recipients)
    SELECT service_id, key, decode(max(fingerprint), 'hex'), array_agg(id ORDER BY position),
           max(recipients)::json
    FROM wanted WHERE key IS NOT NULL
    GROUP BY service_id, key ORDER BY service_id, key COLLATE "C"
    ON CONFLICT (service_id, key) DO UPDATE
      SET fingerprint = excluded.fingerprint, message_ids = excluded.message_ids,
          recipients = excluded.recipients, used_at = excluded.used_at
      WHERE known.used_at <= now() - $17 * interval '1 day'
    RETURNING service_id, key),
  judged AS MATERIALIZED (
    SELECT wanted.*,
           key IS NULL OR (service_id, key) IN (SELECT service_id, key FROM taken) AS is_kept
    FROM wanted),
  kept AS (
    INSERT INTO messages (id, ${KEPT_COLUMNS})
    SELECT id, ${KEPT_VALUES} FROM judged WHERE is_kept ORDER BY position)
  SELECT id, is_kept FROM judged ORDER BY position`;

/** The messages of one call, and its name if it has one. */
export interface MessagesOfCall {
  readonly messages: readonly AcceptedMessage[];
  readonly name: {
    readonly key: string;
    readonly fingerprint: Buffer;
    readonly recipients: readonly string[] | null;
  } | null;
}

/**
 * As `insertMessages`, for calls of which some have names: a name and its messages are kept in the
 * same statement, or neither is.
 * @param calls no two of one service have the same name
 * @param keptDays how long a name is remembered
 * @returns for each call the ids of its messages, or null when its name is known already
 */
export async function insertMessagesOfCalls(
  pool: Pool,
  calls: readonly MessagesOfCall[],
  keptDays: number,
): Promise<(MessageId[] | null)[]> {
  const messages = calls.flatMap((call) => call.messages);
  const namesOfMessages = calls.flatMap((call) => call.messages.map(() => call.name));
  // Said once a call: the list may be long.
  const recipients = calls.flatMap(({ messages: { length }, name }) =>
    Array.from({ length }, (_, index) =>
      index > 0 || name === null || name.recipients === null
        ? null
        : JSON.stringify(name.recipients),
    ),
  );
  const { rows } = await pool.query<{ id: MessageId; is_kept: boolean }>({
    name: 'insert-named-messages',
    text: INSERT_NAMED_MESSAGES,
    values: [
      ...messageColumns(messages),
      namesOfMessages.map((name) => name?.key ?? null),
      namesOfMessages.map((name) => name?.fingerprint.toString('hex') ?? null),
      recipients,
      keptDays,
    ],
  });
  let taken = 0;
  return calls.map((call) => {
    const ofCall = rows.slice(taken, (taken += call.messages.length));
    return ofCall.every((row) => row.is_kept) ? ofCall.map((row) => row.id) : null;
  });
}

/** The messages column by column, as `unnest` takes them. */
function messageColumns(messages: readonly AcceptedMessage[]): unknown[][] {
  const contents = messages.map((message) => message.content);
  return [
    messages.map((message) => message.serviceId),
    messages.map((message) => message.whatsAppId),
    messages.map((message) => chatOf(message.recipient)),
    messages.map((message) => message.recipient.kind === 'group'),
    contents.map((content) => content.text),
    contents.map((content) => (content.kind === 'location' ? content.latitude : null)),
    contents.map((content) => (content.kind === 'location' ? content.longitude : null)),
    contents.map((content) => (content.kind === 'media' ? content.mediaId : null)),
    contents.map((content) => content.kind !== 'media' || content.isFetched),
    messages.map((message) => message.scheduledAtMs),
    messages.map((message) => message.isUrgent),
    messages.map((message) => message.expiresAtMs),
    messages.map((message) => message.metadata),
  ];
}
