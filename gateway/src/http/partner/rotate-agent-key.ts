import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { replaceAgentKey } from '../../storage/replaced-keys/replace-key.ts';
import { readOverlap } from '../access/overlap.ts';
import type { Edge } from '../edge.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { agentOf } from './partner-keys.ts';

const NewAgentKey = Type.Object({
  status: Type.Literal('true'),
  agentKey: Type.String({ description: 'The new key, shown this once.' }),
  oldKeyUntil: Type.String({ format: 'date-time', description: 'The old one works until then.' }),
});

/** `module/rotateAgentKey`: another key for the agent itself. */
export function addRotateAgentKey(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'POST',
    url: '/module/rotateAgentKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: NewAgentKey } },
    async handler(request) {
      const parameters = await readParameters(request);
      const agent = await agentOf(edge, parameters);
      const presented = edge.keyring.fingerprint(required(parameters, 'agentKey'));
      const issued = edge.keyring.issue();
      const key = { ...issued, sealed: null };
      const overlapMs = readOverlap(parameters);
      const until = await replaceAgentKey(edge.database, agent.id, presented, key, overlapMs);
      if (until === null) {
        throw new Problem(
          'wrong_state',
          'This key was replaced already: ask with the new one, or ask the operator.',
        );
      }
      return { status: 'true', agentKey: issued.key, oldKeyUntil: until.toISOString() };
    },
  });
}
