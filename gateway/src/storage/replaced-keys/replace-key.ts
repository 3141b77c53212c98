import { sql, type Kysely } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import type { Schema } from '../schema.ts';

/** A new key in the forms that are kept. */
interface NewKey {
  readonly fingerprint: Buffer;
  readonly prefix: string;
  /** Null where keys are never shown again. */
  readonly sealed: Buffer | null;
}

/**
 * Gives a service another key; the old ones work for a while yet, none longer than this one.
 * @returns until when, or null for an unknown or removed service
 */
export async function replaceServiceKey(
  database: Database,
  serviceId: ServiceId,
  key: NewKey & { readonly sealed: Buffer },
  overlapMs: number,
): Promise<Date | null> {
  return await database.query.transaction().execute(async (transaction) => {
    const old = await transaction
      .selectFrom('services')
      .select('key_fingerprint as fingerprint')
      .where('id', '=', serviceId)
      .where('state', '<>', 'removed')
      .forUpdate()
      .executeTakeFirst();
    if (old === undefined) return null;
    await transaction
      .updateTable('services')
      .set({ key_fingerprint: key.fingerprint, key_prefix: key.prefix, key_sealed: key.sealed })
      .where('id', '=', serviceId)
      .execute();
    return await keepOldKey(transaction, { serviceId, agentId: null }, old.fingerprint, overlapMs);
  });
}

/**
 * Gives an agent another key; the old ones work for a while yet, none longer than this one.
 * @param presented what the asker's key is looked up by; null: the operator asks. One that was
 *   replaced itself may not be used for this: whoever found it would keep it for ever
 * @returns until when, or null for an unknown agent or a presented key that is not the present one
 */
export async function replaceAgentKey(
  database: Database,
  agentId: AgentId,
  presented: Buffer | null,
  key: NewKey,
  overlapMs: number,
): Promise<Date | null> {
  return await database.query.transaction().execute(async (transaction) => {
    const old = await transaction
      .selectFrom('agents')
      .select('key_fingerprint as fingerprint')
      .where('id', '=', agentId)
      .forNoKeyUpdate()
      .executeTakeFirst();
    if (old === undefined) return null;
    if (presented !== null && !presented.equals(old.fingerprint)) return null;
    await transaction
      .updateTable('agents')
      .set({ key_fingerprint: key.fingerprint, key_prefix: key.prefix })
      .where('id', '=', agentId)
      .execute();
    return await keepOldKey(transaction, { serviceId: null, agentId }, old.fingerprint, overlapMs);
  });
}

async function keepOldKey(
  transaction: Kysely<Schema>,
  { serviceId, agentId }: { serviceId: ServiceId | null; agentId: AgentId | null },
  fingerprint: Buffer,
  overlapMs: number,
): Promise<Date> {
  const end = sql<Date>`now() + make_interval(secs => ${overlapMs / 1000})`;
  await transaction
    .updateTable('replaced_keys')
    .set({ until: sql<Date>`least(until, ${end})` })
    .where(sql<boolean>`service_id = ${serviceId} OR agent_id = ${agentId}`)
    .execute();
  const { until } = await transaction
    .insertInto('replaced_keys')
    .values({ fingerprint, service_id: serviceId, agent_id: agentId, until: end })
    .returning('until')
    .executeTakeFirstOrThrow();
  await transaction
    .deleteFrom('replaced_keys')
    .where('until', '<', sql<Date>`now() - interval '1 day'`)
    .execute();
  return until;
}
