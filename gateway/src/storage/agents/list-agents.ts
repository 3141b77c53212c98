import { sql } from 'kysely';
import type { Cents } from '../../domain/money.ts';
import type { Database } from '../database.ts';
import type { Agent } from './agents.ts';

/** An agent with what its operator wants to see at a glance. */
export interface AgentOverview extends Agent {
  readonly keyPrefix: string;
  readonly credit: Cents;
  /** Null: it needs no subscription of its own. */
  readonly subscriptionEndsAt: Date | null;
  /** Services that were not removed. */
  readonly serviceCount: number;
  readonly createdAt: Date;
}

/** All agents, oldest first. */
export async function listAgents(database: Database): Promise<AgentOverview[]> {
  return await database.query
    .selectFrom('agents')
    .innerJoin('ledger_accounts', 'ledger_accounts.agent_id', 'agents.id')
    .select([
      'agents.id',
      'agents.name',
      'agents.mode',
      'agents.key_prefix as keyPrefix',
      sql<Cents>`ledger_accounts.balance_cents`.as('credit'),
      sql<number>`(SELECT count(*) FROM services
        WHERE services.agent_id = agents.id AND services.state <> 'removed')`.as('serviceCount'),
      'agents.subscription_ends_at as subscriptionEndsAt',
      'agents.created_at as createdAt',
    ])
    .orderBy('agents.id')
    .execute();
}
