import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { replaceAgentKey } from '../../storage/replaced-keys/replace-key.ts';
import { readOverlap } from '../access/overlap.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { agentInPath, type AgentInPath } from './agent-in-path.ts';

const AgentKey = Type.Object({
  agentKey: Type.String({ description: 'The new key, shown this once.' }),
  oldKeyUntil: Type.String({ format: 'date-time', description: 'The old one works until then.' }),
});

/** `POST /admin/agents/:agentId/rotate-key`: another key for an agent. */
export function addOperatedAgentKey(app: FastifyInstance, edge: Edge): void {
  app.route<AgentInPath>({
    method: 'POST',
    url: '/admin/agents/:agentId/rotate-key',
    schema: { response: { 200: AgentKey } },
    async handler(request) {
      edge.admin.check(request);
      const agentId = agentInPath(request);
      const overlapMs = readOverlap(await readParameters(request));
      const issued = edge.keyring.issue();
      const key = { ...issued, sealed: null };
      const until = await replaceAgentKey(edge.database, agentId, null, key, overlapMs);
      if (until === null) throw new Problem('agent_not_found');
      return { agentKey: issued.key, oldKeyUntil: until.toISOString() };
    },
  });
}
