import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { PhoneNumber } from '../../domain/phone-number.ts';
import type { Database } from '../database.ts';

const FRESH_FOR_DAYS = 30;

/** What WhatsApp said about a number: how it writes it, or null when it is not on WhatsApp. */
export interface Lookup {
  readonly whatsAppPhone: PhoneNumber | null;
}

/** @returns WhatsApp's answer about a number if it was asked in the last 30 days, else null */
export async function findLookup(
  database: Database,
  serviceId: ServiceId,
  phone: PhoneNumber,
): Promise<Lookup | null> {
  const row = await database.query
    .selectFrom('lookups')
    .select('whatsapp_phone as whatsAppPhone')
    .where('service_id', '=', serviceId)
    .where('phone', '=', phone)
    .where('checked_at', '>', sql<Date>`now() - make_interval(days => ${FRESH_FOR_DAYS})`)
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps WhatsApp's answer about a number. */
export async function keepLookup(
  database: Database,
  serviceId: ServiceId,
  phone: PhoneNumber,
  { whatsAppPhone }: Lookup,
): Promise<void> {
  await database.query
    .insertInto('lookups')
    .values({ service_id: serviceId, phone, whatsapp_phone: whatsAppPhone })
    .onConflict((conflict) =>
      conflict
        .columns(['service_id', 'phone'])
        .doUpdateSet({ whatsapp_phone: whatsAppPhone, checked_at: sql<Date>`now()` }),
    )
    .execute();
}
