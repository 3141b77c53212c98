import { sql } from 'kysely';
import type { AgentId } from '../../domain/ids.ts';
import type { Cents } from '../../domain/money.ts';
import type { Database } from '../database.ts';

/** An agent as the operator sees it at a glance. */
export interface AgentOverview {
  readonly id: AgentId;
  readonly name: string;
  readonly mode: 'test' | 'live';
  /** The first letters of its key. */
  readonly keyPrefix: string;
  readonly credit: Cents;
  /** Null: it needs no subscription of its own. */
  readonly subscriptionEndsAt: Date | null;
  /** Services that were not removed. */
  readonly services: number;
  readonly createdAt: Date;
}

/** All agents, oldest first. */
export async function listAgents(database: Database): Promise<AgentOverview[]> {
  const rows = await database.query
    .selectFrom('agents')
    .innerJoin('ledger_accounts', (join) =>
      join.on(sql<boolean>`ledger_accounts.agent_id = agents.id`),
    )
    .select([
      'agents.id',
      'agents.name',
      'agents.mode',
      'agents.key_prefix as keyPrefix',
      'agents.subscription_ends_at as subscriptionEndsAt',
      'agents.created_at as createdAt',
      sql<Cents>`ledger_accounts.balance_cents`.as('credit'),
      sql<number>`(SELECT count(*) FROM services
        WHERE services.agent_id = agents.id AND services.state <> 'removed')`.as('services'),
    ])
    .orderBy('agents.id')
    .execute();
  return rows;
}
