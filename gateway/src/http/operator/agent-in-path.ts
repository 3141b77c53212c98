import { Problem } from '../../domain/errors.ts';
import { agentId, type AgentId } from '../../domain/ids.ts';

/** The agent's number stands in the path. */
export interface AgentInPath {
  Params: { agentId: string };
}

/** @throws Problem `agent_not_found` for what can not be the number of an agent */
export function agentInPath({ params }: { readonly params: AgentInPath['Params'] }): AgentId {
  if (!/^\d{1,15}$/.test(params.agentId)) throw new Problem('agent_not_found');
  return agentId(Number(params.agentId));
}
