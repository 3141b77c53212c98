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
  /** The day of the month on which its time ends, where the month has it. */
  readonly billingDay: number;
}

/**
 * Makes a service with its session and its lease, in the transaction it is given.
 * @param transaction a Kysely transaction, or Kysely itself
 * @returns null when there is a service with this key already
 */
export async function createService(
  transaction: Kysely<Schema>,
  service: NewService,
): Promise<ServiceId | null> {
  const made = await transaction
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
      billing_day: service.billingDay,
    })
    .onConflict((conflict) => conflict.column('key_fingerprint').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (made === undefined) return null;
  await transaction.insertInto('sessions').values({ service_id: made.id }).execute();
  await transaction.insertInto('leases').values({ service_id: made.id }).execute();
  return made.id;
}
