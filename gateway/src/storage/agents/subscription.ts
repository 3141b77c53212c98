import { sql, type Kysely } from 'kysely';
import type { AgentId } from '../../domain/ids.ts';
import type { Schema } from '../schema.ts';

/** Until when an agent has paid for being one. Milliseconds since 1970, by the database's clock. */
export interface HeldSubscription {
  /** Null: it has never had one. */
  readonly endsAtMs: number | null;
  readonly nowMs: number;
}

/**
 * An agent's subscription, held until the transaction ends.
 * @returns null for an unknown agent
 */
export async function holdSubscription(
  transaction: Kysely<Schema>,
  agentId: AgentId,
): Promise<HeldSubscription | null> {
  const row = await transaction
    .selectFrom('agents')
    .select(['subscription_ends_at as endsAt', sql<Date>`clock_timestamp()`.as('now')])
    .where('id', '=', agentId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return null;
  return { endsAtMs: row.endsAt?.getTime() ?? null, nowMs: row.now.getTime() };
}

/** Keeps a subscription's end, in the transaction that holds it. */
export async function saveSubscription(
  transaction: Kysely<Schema>,
  agentId: AgentId,
  endsAtMs: number,
): Promise<void> {
  await transaction
    .updateTable('agents')
    .set({ subscription_ends_at: new Date(endsAtMs) })
    .where('id', '=', agentId)
    .execute();
}

/** Takes months from a subscription's end. */
export async function shortenSubscription(
  transaction: Kysely<Schema>,
  agentId: AgentId,
  months: number,
): Promise<void> {
  await transaction
    .updateTable('agents')
    .set({
      subscription_ends_at: sql<Date>`subscription_ends_at - make_interval(months => ${months})`,
    })
    .where('id', '=', agentId)
    .execute();
}

/** Whether an agent that needs a subscription has none any more. */
export async function hasSubscriptionEnded(
  transaction: Kysely<Schema>,
  agentId: AgentId,
): Promise<boolean> {
  const row = await transaction
    .selectFrom('agents')
    .select('id')
    .where('id', '=', agentId)
    .where('subscription_ends_at', '<=', sql<Date>`clock_timestamp()`)
    .executeTakeFirst();
  return row !== undefined;
}
