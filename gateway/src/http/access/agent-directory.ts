import { looksLikeApiKey } from '../../domain/api-key.ts';
import { Problem } from '../../domain/errors.ts';
import { findAgentByKey, type Agent } from '../../storage/agents/agents.ts';
import type { Database } from '../../storage/database.ts';
import type { Keyring } from './keyring.ts';

/** Finds agents by their key. */
export interface AgentDirectory {
  /** @throws Problem `invalid_agent_key`, whatever is odd about the key */
  find(agentKey: string): Promise<Agent>;
}

export function createAgentDirectory(database: Database, keyring: Keyring): AgentDirectory {
  return {
    async find(agentKey) {
      const agent = looksLikeApiKey(agentKey)
        ? await findAgentByKey(database, keyring.fingerprint(agentKey))
        : null;
      if (agent === null) throw new Problem('invalid_agent_key');
      return agent;
    },
  };
}
