import { sql, type Kysely } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import type { ServiceLife } from '../../domain/service-lifecycle.ts';
import type { Schema } from '../schema.ts';
import type { NewService } from './create-service.ts';

/** Rows written at once: well below the 65,535 parameters of a statement. */
const ROWS_AT_ONCE = 500;

/** A service that comes from elsewhere with its key. */
export interface NewcomingService extends Omit<NewService, 'expiresAtMs' | 'billingDay'> {
  readonly countryCode: string | null;
  readonly life: ServiceLife;
  readonly phone: PhoneNumber | null;
  readonly webhookUrl: string | null;
}

/** Somebody who has a key already. */
export type KeyHolder =
  | { readonly kind: 'service'; readonly agentId: AgentId | null; readonly isRemoved: boolean }
  /** An agent, or a key that was replaced and works for a while. */
  | { readonly kind: 'other' };

/** Lets one move at a time go on, until the transaction ends. */
export async function waitForTurnToMove(transaction: Kysely<Schema>): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('services move in'))`.execute(transaction);
}

/** @returns who has these keys, by the key's fingerprint in hexadecimal */
export async function findKeyHolders(
  transaction: Kysely<Schema>,
  fingerprints: readonly Buffer[],
): Promise<ReadonlyMap<string, KeyHolder>> {
  const { rows } = await sql<{
    fingerprint: Buffer;
    kind: 'service' | 'other';
    agent_id: AgentId | null;
    state: string;
  }>`
    SELECT key_fingerprint AS fingerprint, 'service' AS kind, agent_id, state
      FROM services WHERE key_fingerprint = ANY(${fingerprints})
    UNION ALL
    SELECT key_fingerprint, 'other', NULL, '' FROM agents
      WHERE key_fingerprint = ANY(${fingerprints})
    UNION ALL
    SELECT fingerprint, 'other', NULL, '' FROM replaced_keys
      WHERE fingerprint = ANY(${fingerprints})`.execute(transaction);
  return new Map(
    rows.map(({ fingerprint, kind, agent_id: agentId, state }) => [
      fingerprint.toString('hex'),
      kind === 'service' ? { kind, agentId, isRemoved: state === 'removed' } : { kind },
    ]),
  );
}

/**
 * Makes services with their sessions, leases and webhooks, in the transaction it is given.
 * @param issueSecret a sealed secret for the webhook of a service
 * @param baseUrl where links in events lead
 */
export async function moveIn(
  transaction: Kysely<Schema>,
  services: readonly NewcomingService[],
  issueSecret: (serviceId: ServiceId) => Buffer,
  baseUrl: string,
): Promise<void> {
  for (let at = 0; at < services.length; at += ROWS_AT_ONCE) {
    const some = services.slice(at, at + ROWS_AT_ONCE);
    const made = await insertServices(transaction, some);
    const ids = new Map(made.map(({ id, fingerprint }) => [fingerprint.toString('hex'), id]));
    const withIds = some.flatMap((service) => {
      const id = ids.get(service.keyFingerprint.toString('hex'));
      return id === undefined ? [] : [{ ...service, id }];
    });
    await transaction
      .insertInto('sessions')
      .values(withIds.map(({ id, phone }) => ({ service_id: id, phone })))
      .execute();
    await transaction
      .insertInto('leases')
      .values(withIds.map(({ id }) => ({ service_id: id })))
      .execute();
    const webhooks = withIds.flatMap(({ id, webhookUrl: url }) =>
      url === null
        ? []
        : [{ listener_id: id, url, base_url: baseUrl, secret_sealed: issueSecret(id) }],
    );
    if (webhooks.length > 0) await transaction.insertInto('webhooks').values(webhooks).execute();
  }
}

async function insertServices(transaction: Kysely<Schema>, services: readonly NewcomingService[]) {
  return await transaction
    .insertInto('services')
    .values(
      services.map(({ life, ...service }) => ({
        agent_id: service.agentId,
        mode: service.mode,
        plan_id: service.planId,
        key_fingerprint: service.keyFingerprint,
        key_prefix: service.keyPrefix,
        key_sealed: service.keySealed,
        receives_messages: service.receivesMessages,
        country_code: service.countryCode,
        state: life.state,
        suspended_at: life.suspendedAtMs === null ? null : new Date(life.suspendedAtMs),
        expires_at: new Date(life.expiresAtMs),
        billing_day: life.billingDay,
      })),
    )
    .returning(['id', 'key_fingerprint as fingerprint'])
    .execute();
}
