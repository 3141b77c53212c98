import type { FastifyInstance } from 'fastify';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { agentOf } from './partner-keys.ts';
import { answerStatement, Statement } from './statement-answer.ts';

/** `module/statement`: what an agent has paid in and bought. */
export function addStatement(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/module/statement',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Statement } },
    async handler(request, reply) {
      const parameters = await readParameters(request);
      const agent = await agentOf(edge, parameters);
      return await answerStatement(edge, agent.id, parameters, reply);
    },
  });
}
