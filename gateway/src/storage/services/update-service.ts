import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** What may be changed about a service; what is left out stays. */
export interface ServiceChange {
  readonly countryCode?: string;
  readonly receivesMessages?: boolean;
  readonly expiresAt?: Date;
}

/** Changes a service. An empty change is no change. */
export async function updateService(
  database: Database,
  id: ServiceId,
  change: ServiceChange,
): Promise<void> {
  const columns = {
    ...(change.countryCode === undefined ? {} : { country_code: change.countryCode }),
    ...(change.receivesMessages === undefined
      ? {}
      : { receives_messages: change.receivesMessages }),
    ...(change.expiresAt === undefined ? {} : { expires_at: change.expiresAt }),
  };
  if (Object.keys(columns).length === 0) return;
  await database.query.updateTable('services').set(columns).where('id', '=', id).execute();
}
