import type { Kysely } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { Schema } from '../schema.ts';

/** A service to be made. */
export interface NewService {
  readonly agentId: AgentId | null;
  readonly mode: 'test' | 'live';
  readonly planId: number;
  readonly keyFingerprint: Buffer;
  readonly keyPrefix: string;
  readonly keySealed: Buffer;
  readonly receivesMessages: boolean;
  readonly expiresAtMs: number;
}

/**
 * Makes a service with its session and its lease, in the transaction it is given.
 * @param transaction a Kysely transaction, or Kysely itself
 */
export async function createService(
  transaction: Kysely<Schema>,
  service: NewService,
): Promise<ServiceId> {
  const { id } = await transaction
    .insertInto('services')
    .values({
      agent_id: service.agentId,
      mode: service.mode,
      plan_id: service.planId,
      key_fingerprint: service.keyFingerprint,
      key_prefix: service.keyPrefix,
      key_sealed: service.keySealed,
      receives_messages: service.receivesMessages,
      expires_at: new Date(service.expiresAtMs),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await transaction.insertInto('sessions').values({ service_id: id }).execute();
  await transaction.insertInto('leases').values({ service_id: id }).execute();
  return id;
}
