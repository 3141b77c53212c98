import type { Kysely } from 'kysely';
import type { AgentId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { findByReplacedKey } from '../replaced-keys/find-by-replaced-key.ts';
import type { Schema } from '../schema.ts';

/** A reseller. */
export interface Agent {
  readonly id: AgentId;
  readonly name: string;
  /** The mode of the services it creates. */
  readonly mode: 'test' | 'live';
}

/** An agent to be made. */
export interface NewAgent {
  readonly name: string;
  readonly mode: 'test' | 'live';
  readonly keyFingerprint: Buffer;
  readonly keyPrefix: string;
  /** Null: it needs no subscription of its own. */
  readonly subscriptionEndsAtMs: number | null;
}

/** Makes an agent with an empty wallet, in the transaction it is given. */
export async function createAgent(transaction: Kysely<Schema>, agent: NewAgent): Promise<AgentId> {
  const { id } = await transaction
    .insertInto('agents')
    .values({
      name: agent.name,
      mode: agent.mode,
      key_fingerprint: agent.keyFingerprint,
      key_prefix: agent.keyPrefix,
      subscription_ends_at:
        agent.subscriptionEndsAtMs === null ? null : new Date(agent.subscriptionEndsAtMs),
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  await transaction.insertInto('ledger_accounts').values({ kind: 'agent', agent_id: id }).execute();
  return id;
}

/** @returns the agent whose key has this fingerprint, or had it until a moment ago, or null */
export async function findAgentByKey(
  database: Database,
  keyFingerprint: Buffer,
): Promise<Agent | null> {
  const agents = database.query.selectFrom('agents').select(['id', 'name', 'mode']);
  const row = await agents.where('key_fingerprint', '=', keyFingerprint).executeTakeFirst();
  if (row !== undefined) return row;
  const replaced = await findByReplacedKey(database, keyFingerprint);
  if (replaced?.agentId == null) return null;
  return (await agents.where('id', '=', replaced.agentId).executeTakeFirst()) ?? null;
}
