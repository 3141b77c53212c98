import type { Pool } from 'pg';
import { messageId, type MessageId, type ServiceId } from '../../domain/ids.ts';

/** What a named call led to. */
export interface KnownCall {
  readonly fingerprint: Buffer;
  readonly ids: readonly MessageId[];
  /** As they were written, where several were answered. */
  readonly recipients: readonly string[] | null;
}

const FIND_NAMED_CALLS = `
  SELECT asked.position, known.fingerprint, known.message_ids, known.recipients
  FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS asked(service_id, key, position)
  JOIN idempotency_keys known ON known.service_id = asked.service_id AND known.key = asked.key
  WHERE known.used_at > now() - $3 * interval '1 day'`;

/**
 * @param names a service's idempotency key each
 * @param keptDays how long a name is remembered
 * @returns for each what it led to, or null when it was not used, or too long ago
 */
export async function findNamedCalls(
  pool: Pool,
  names: readonly { readonly serviceId: ServiceId; readonly key: string }[],
  keptDays: number,
): Promise<(KnownCall | null)[]> {
  const { rows } = await pool.query<{
    position: number;
    fingerprint: Buffer;
    message_ids: string[];
    recipients: string[] | null;
  }>({
    name: 'find-named-calls',
    text: FIND_NAMED_CALLS,
    values: [names.map((name) => name.serviceId), names.map((name) => name.key), keptDays],
  });
  const known: (KnownCall | null)[] = names.map(() => null);
  for (const { position, fingerprint, message_ids: ids, recipients } of rows) {
    known[position - 1] = {
      fingerprint,
      ids: ids.map((id) => messageId(Number(id))),
      recipients,
    };
  }
  return known;
}
