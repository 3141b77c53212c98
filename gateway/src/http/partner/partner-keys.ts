import type { FastifyRequest } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import type { Agent } from '../../storage/agents/agents.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Edge } from '../edge.ts';
import { single, type Parameters } from '../parameters/parameters.ts';

/** The service's key may stand in the path instead of the parameter `apiKey`. */
export interface MaybeKeyInPath {
  Params: { apiKey?: string };
}

/** A service together with the key it was named by. */
export interface NamedService {
  readonly apiKey: string;
  readonly service: Service;
}

/** @throws Problem `invalid_agent_key` */
export async function agentOf(edge: Edge, parameters: Parameters): Promise<Agent> {
  const agentKey = single(parameters, 'agentKey');
  if (agentKey === undefined) {
    throw new Problem('invalid_agent_key', 'The parameter "agentKey" is missing.');
  }
  return edge.agents.find(agentKey);
}

/**
 * The agent's own service named by the request; another agent's is as unknown as one that never was.
 * @throws Problem `invalid_agent_key`, `missing_parameter`, `service_not_found`
 */
export async function ownServiceOf(
  edge: Edge,
  request: FastifyRequest<MaybeKeyInPath>,
  parameters: Parameters,
): Promise<NamedService> {
  const agent = await agentOf(edge, parameters);
  const apiKey = keyOf(request, parameters);
  if (apiKey === undefined) {
    throw new Problem('missing_parameter', 'The parameter "apiKey" is missing.');
  }
  const service = await edge.services.lookUp(apiKey);
  if (service?.agentId !== agent.id) throw new Problem('service_not_found');
  return { apiKey, service };
}

/**
 * The service named by its own key alone, and it may be used.
 * @throws Problem `invalid_api_key`, `service_suspended`
 */
export async function usableServiceOf(
  edge: Edge,
  request: FastifyRequest<MaybeKeyInPath>,
  parameters: Parameters,
): Promise<NamedService> {
  const apiKey = keyOf(request, parameters);
  if (apiKey === undefined) {
    throw new Problem('invalid_api_key', 'The parameter "apiKey" is missing.');
  }
  return { apiKey, service: await edge.services.findUsable(apiKey) };
}

function keyOf(
  request: FastifyRequest<MaybeKeyInPath>,
  parameters: Parameters,
): string | undefined {
  return request.params.apiKey ?? single(parameters, 'apiKey');
}
