import { sql, type Kysely } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Schema } from '../schema.ts';

/** Whether a service was renewed by as many months, without a key, a moment ago, and it still holds. */
export async function findRecentRenewal(
  transaction: Kysely<Schema>,
  serviceId: ServiceId,
  months: number,
  withinMs: number,
): Promise<boolean> {
  const found = await transaction
    .selectFrom('ledger_transactions')
    .select('id')
    .where('service_id', '=', serviceId)
    .where('kind', '=', 'renew')
    .where('months', '=', months)
    .where('idempotency_key', 'is', null)
    .where(
      sql<boolean>`NOT EXISTS (SELECT FROM ledger_transactions back
        WHERE back.reverses = ledger_transactions.id)`,
    )
    .where(
      'created_at',
      '>',
      sql<Date>`clock_timestamp() - make_interval(secs => ${withinMs / 1000})`,
    )
    .executeTakeFirst();
  return found !== undefined;
}
