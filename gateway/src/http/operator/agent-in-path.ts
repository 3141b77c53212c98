import { Problem } from '../../domain/errors.ts';
import { agentId, type AgentId } from '../../domain/ids.ts';
import { findCredit } from '../../storage/ledger/move-money.ts';
import type { Edge } from '../edge.ts';

/** The agent's number stands in the path. */
export interface AgentInPath {
  Params: { agentId: string };
}

/** The request, as far as it names an agent. */
type NamesAgent = Readonly<Record<'params', AgentInPath['Params']>>;

/** @throws Problem `agent_not_found` for what can not be the number of an agent */
export function agentInPath({ params }: NamesAgent): AgentId {
  if (!/^\d{1,15}$/.test(params.agentId)) throw new Problem('agent_not_found');
  return agentId(Number(params.agentId));
}

/** @throws Problem `agent_not_found` also for a number that no agent has */
export async function existingAgent(edge: Edge, request: NamesAgent): Promise<AgentId> {
  const id = agentInPath(request);
  // Each agent has a wallet from its first moment on.
  if ((await findCredit(edge.database.query, id)) === null) throw new Problem('agent_not_found');
  return id;
}
