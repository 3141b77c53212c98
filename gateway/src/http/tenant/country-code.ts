import { callingCodeOf } from '../../domain/phone-number.ts';
import type { Database } from '../../storage/database.ts';
import type { Service } from '../../storage/services/service.ts';
import { findSession } from '../../storage/sessions/session-rows.ts';

/** A leading zero as people write it, also in Arabic, Persian and full-width digits. */
const LEADING_ZERO = /^[\s(]*[0\u0660\u06f0\uff10]/;

/**
 * The country code that replaces a leading 0: the one that was set, else that of the linked number.
 * Only numbers that begin with 0 need it, so it costs a query for those alone.
 */
export async function countryCodeFor(
  database: Database,
  service: Service,
  writtenNumbers: readonly string[],
): Promise<string | null> {
  if (service.countryCode !== null) return service.countryCode;
  if (!writtenNumbers.some((written) => LEADING_ZERO.test(written))) return null;
  const session = await findSession(database, service.id);
  return linkedCallingCode(session?.phone ?? null);
}

/** The calling code of the linked number, or null when none is linked. */
export function linkedCallingCode(linkedPhone: string | null): string | null {
  return linkedPhone === null ? null : callingCodeOf(linkedPhone);
}
