import type { FastifyInstance } from 'fastify';
import { listeningAgent } from '../../domain/ids.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { AGENT_WEBHOOK_CALLS } from '../partner/agent-webhook.ts';
import { existingAgent, type AgentInPath } from './agent-in-path.ts';

/** `/admin/agents/:agentId/webhook/...`: what an agent does with its webhook, for the operator. */
export function addOperatedAgentWebhook(app: FastifyInstance, edge: Edge): void {
  for (const [name, { answer, isRead, run }] of Object.entries(AGENT_WEBHOOK_CALLS)) {
    app.route<AgentInPath>({
      method: isRead === true ? 'GET' : 'POST',
      url: `/admin/agents/:agentId/webhook/${name}`,
      schema: { response: { 200: answer } },
      async handler(request) {
        edge.admin.check(request);
        const id = await existingAgent(edge, request);
        return await run(edge, listeningAgent(id), await readParameters(request), request);
      },
    });
  }
}
