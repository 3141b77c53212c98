import { sql } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** @returns whose key this was, while it works yet; null for any other */
export async function findByReplacedKey(
  database: Database,
  fingerprint: Buffer,
): Promise<{ readonly serviceId: ServiceId | null; readonly agentId: AgentId | null } | null> {
  const row = await database.query
    .selectFrom('replaced_keys')
    .select(['service_id as serviceId', 'agent_id as agentId'])
    .where('fingerprint', '=', fingerprint)
    .where('until', '>', sql<Date>`now()`)
    .executeTakeFirst();
  return row ?? null;
}
