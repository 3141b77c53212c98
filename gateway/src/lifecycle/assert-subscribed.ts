import type { Kysely } from 'kysely';
import type { Catalogue } from '../domain/catalogue.ts';
import { Problem } from '../domain/errors.ts';
import type { AgentId } from '../domain/ids.ts';
import { hasSubscriptionEnded } from '../storage/agents/subscription.ts';
import type { Schema } from '../storage/schema.ts';

/**
 * Refuses what an agent buys after its own subscription has ended. Services that it has go on.
 * @param agentId null for the operator, who needs none
 * @throws Problem `subscription_ended`
 */
export async function assertSubscribed(
  transaction: Kysely<Schema>,
  { agentSubscription }: Catalogue,
  agentId: AgentId | null,
): Promise<void> {
  if (agentSubscription === null || agentId === null) return;
  if (await hasSubscriptionEnded(transaction, agentId)) throw new Problem('subscription_ended');
}
