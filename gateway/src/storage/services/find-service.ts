import type { Database } from '../database.ts';
import { SERVICE_COLUMNS, type Service } from './service.ts';

/** @returns the service whose API key has this fingerprint, or null; removed services are unknown */
export async function findServiceByKey(
  database: Database,
  keyFingerprint: Buffer,
): Promise<Service | null> {
  const row = await database.query
    .selectFrom('services')
    .select(SERVICE_COLUMNS)
    .where('key_fingerprint', '=', keyFingerprint)
    .where('state', '<>', 'removed')
    .executeTakeFirst();
  return row ?? null;
}
