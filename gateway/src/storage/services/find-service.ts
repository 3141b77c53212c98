import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { findByReplacedKey } from '../replaced-keys/find-by-replaced-key.ts';
import { SERVICE_COLUMNS, type Service } from './service.ts';

/**
 * @returns the service whose API key has this fingerprint, or had it until a moment ago, or null;
 *   removed services are unknown
 */
export async function findServiceByKey(
  database: Database,
  keyFingerprint: Buffer,
): Promise<Service | null> {
  const row = await notRemoved(database)
    .where('key_fingerprint', '=', keyFingerprint)
    .executeTakeFirst();
  if (row !== undefined) return row;
  const replaced = await findByReplacedKey(database, keyFingerprint);
  return replaced?.serviceId ? await findServiceById(database, replaced.serviceId) : null;
}

async function findServiceById(database: Database, id: ServiceId): Promise<Service | null> {
  return (await notRemoved(database).where('id', '=', id).executeTakeFirst()) ?? null;
}

function notRemoved(database: Database) {
  return database.query
    .selectFrom('services')
    .select(SERVICE_COLUMNS)
    .where('state', '<>', 'removed');
}
