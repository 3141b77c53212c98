import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import type { Database } from '../database.ts';

const FRESH_FOR_DAYS = 30;

/** Whether a number is on WhatsApp, as far as it was asked in the last 30 days; else null. */
export async function findLookup(
  database: Database,
  serviceId: ServiceId,
  phone: PhoneNumber,
): Promise<boolean | null> {
  const row = await database.query
    .selectFrom('lookups')
    .select('is_registered')
    .where('service_id', '=', serviceId)
    .where('phone', '=', phone)
    .where('checked_at', '>', sql<Date>`now() - make_interval(days => ${FRESH_FOR_DAYS})`)
    .executeTakeFirst();
  return row?.is_registered ?? null;
}

/** Keeps WhatsApp's answer about a number. */
export async function keepLookup(
  database: Database,
  serviceId: ServiceId,
  phone: PhoneNumber,
  isRegistered: boolean,
): Promise<void> {
  await database.query
    .insertInto('lookups')
    .values({ service_id: serviceId, phone, is_registered: isRegistered })
    .onConflict((conflict) =>
      conflict
        .columns(['service_id', 'phone'])
        .doUpdateSet({ is_registered: isRegistered, checked_at: sql<Date>`now()` }),
    )
    .execute();
}
