import { sql, type Kysely } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Schema } from '../schema.ts';

/**
 * A service by its key, removed or not, held until the transaction ends.
 * @returns null for an unknown key; `isKept` tells that nothing of it is due to be deleted
 */
export async function findRestorable(
  transaction: Kysely<Schema>,
  keyFingerprint: Buffer,
): Promise<{ readonly serviceId: ServiceId; readonly isKept: boolean } | null> {
  const row = await transaction
    .selectFrom('services')
    .select([
      'id as serviceId',
      sql<boolean>`purged_at IS NULL AND coalesce(purge_at > clock_timestamp(), true)`.as('isKept'),
    ])
    .where('key_fingerprint', '=', keyFingerprint)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}
