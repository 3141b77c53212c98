import { sql, type Kysely } from 'kysely';
import type { AgentId, ServiceId } from '../../domain/ids.ts';
import type { ServiceLife } from '../../domain/service-lifecycle.ts';
import { beginUnlinking } from '../sessions/unlinking.ts';
import type { Schema } from '../schema.ts';

const LIFE_COLUMNS = [
  'id',
  'agent_id as agentId',
  'plan_id as planId',
  'state',
  'is_suspended_by_hand as isSuspendedByHand',
  'suspended_at as suspendedAt',
  'expires_at as expiresAt',
  'billing_day as billingDay',
] as const;

/** A service's life as it is now, and what time it is for the database. */
export interface HeldLife {
  readonly serviceId: ServiceId;
  readonly agentId: AgentId | null;
  readonly planId: number;
  readonly life: ServiceLife;
  /** Milliseconds since 1970, by the database's clock. */
  readonly nowMs: number;
}

/**
 * A service's life, held against every other change until the transaction ends: of a renewal and a
 * removal at the same moment exactly one comes first.
 * @returns null for an unknown service
 */
export async function holdLife(
  transaction: Kysely<Schema>,
  serviceId: ServiceId,
): Promise<HeldLife | null> {
  const row = await transaction
    .selectFrom('services')
    .select(LIFE_COLUMNS)
    .select(sql<Date>`clock_timestamp()`.as('now'))
    .where('id', '=', serviceId)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : toHeldLife(row);
}

/** Which services time has something to do to. */
export type OverdueKind = 'expired' | 'to-remove';

/**
 * Some services whose time has come, held; those that somebody else holds are left to them.
 * @param countMax the most to take
 */
export async function holdOverdueLives(
  transaction: Kysely<Schema>,
  kind: OverdueKind,
  removalDays: number,
  countMax: number,
): Promise<HeldLife[]> {
  let services = transaction
    .selectFrom('services')
    .select(LIFE_COLUMNS)
    .select(sql<Date>`clock_timestamp()`.as('now'));
  services =
    kind === 'expired'
      ? services.where('state', '=', 'active').where('expires_at', '<=', sql<Date>`now()`)
      : services
          .where('state', '=', 'suspended')
          .where(
            sql<Date>`greatest(suspended_at, expires_at)`,
            '<=',
            sql<Date>`now() - make_interval(days => ${removalDays})`,
          );
  const rows = await services.limit(countMax).forUpdate().skipLocked().execute();
  return rows.map(toHeldLife);
}

/**
 * Keeps a service's life, in the transaction that holds it.
 * @param purgeAfterMs how long what a removed service leaves behind is kept
 */
export async function saveLife(
  transaction: Kysely<Schema>,
  serviceId: ServiceId,
  life: ServiceLife,
  purgeAfterMs: number,
): Promise<void> {
  const isRemoved = life.state === 'removed';
  await transaction
    .updateTable('services')
    .set({
      state: life.state,
      is_suspended_by_hand: life.isSuspendedByHand,
      suspended_at: life.suspendedAtMs === null ? null : new Date(life.suspendedAtMs),
      expires_at: new Date(life.expiresAtMs),
      billing_day: life.billingDay,
      removed_at: isRemoved ? sql<Date>`now()` : null,
      purge_at: isRemoved ? sql<Date>`now() + make_interval(secs => ${purgeAfterMs / 1000})` : null,
    })
    .where('id', '=', serviceId)
    .execute();
  if (isRemoved && purgeAfterMs === 0) await beginUnlinking(transaction, serviceId);
}

interface LifeRow {
  id: ServiceId;
  agentId: AgentId | null;
  planId: number;
  state: ServiceLife['state'];
  isSuspendedByHand: boolean;
  suspendedAt: Date | null;
  expiresAt: Date;
  billingDay: number;
  now: Date;
}

function toHeldLife(row: LifeRow): HeldLife {
  return {
    serviceId: row.id,
    agentId: row.agentId,
    planId: row.planId,
    nowMs: row.now.getTime(),
    life: {
      state: row.state,
      isSuspendedByHand: row.isSuspendedByHand,
      suspendedAtMs: row.suspendedAt?.getTime() ?? null,
      expiresAtMs: row.expiresAt.getTime(),
      billingDay: row.billingDay,
    },
  };
}
