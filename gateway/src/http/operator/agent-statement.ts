import type { FastifyInstance } from 'fastify';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { answerStatement, Statement } from '../partner/statement-answer.ts';
import { existingAgent, type AgentInPath } from './agent-in-path.ts';

/** `GET /admin/agents/:agentId/statement`: an agent's statement for the operator. */
export function addAgentStatement(app: FastifyInstance, edge: Edge): void {
  app.route<AgentInPath>({
    method: 'GET',
    url: '/admin/agents/:agentId/statement',
    schema: { response: { 200: Statement } },
    async handler(request, reply) {
      edge.admin.check(request);
      const agentId = await existingAgent(edge, request);
      return await answerStatement(edge, agentId, await readParameters(request), reply);
    },
  });
}
