import type { Kysely } from 'kysely';
import type { Schema } from '../schema.ts';

/** What was bought under an idempotency key. */
export interface FoundOrder {
  readonly fingerprint: string;
  /** The present key of the service, sealed. */
  readonly keySealed: Buffer;
}

/** @returns the order of a service under this key, or null when there was none */
export async function findOrder(
  transaction: Kysely<Schema>,
  idempotencyKey: string,
): Promise<FoundOrder | null> {
  const row = await transaction
    .selectFrom('ledger_transactions')
    .innerJoin('services', 'services.id', 'ledger_transactions.service_id')
    .select(['ledger_transactions.fingerprint', 'services.key_sealed as keySealed'])
    .where('ledger_transactions.idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  return row ?? null;
}
