import type { Catalogue } from '../domain/catalogue.ts';
import { Problem } from '../domain/errors.ts';
import type { Agent } from '../storage/agents/agents.ts';

/**
 * Refuses what an agent buys after its own subscription has ended. Services that it has go on.
 * @throws Problem `subscription_ended`
 */
export function assertSubscribed(
  { agentSubscription }: Catalogue,
  { subscriptionEndsAt }: Agent,
  nowMs: number,
): void {
  if (agentSubscription === null || subscriptionEndsAt === null) return;
  if (subscriptionEndsAt.getTime() <= nowMs) throw new Problem('subscription_ended');
}
