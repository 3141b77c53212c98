import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readIdempotencyKey } from '../parameters/idempotency-key.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { openService } from './open-service.ts';
import { agentOf } from './partner-keys.ts';
import { readCycle, readPlan } from './plan-parameters.ts';

const CREATED = 'The service was created successfully';

const Created = Type.Object({
  status: Type.Literal('true'),
  message: Type.Literal(CREATED),
  apiKey: Type.String(),
});

/** `module/create`: an agent buys a service; linking it can begin at once. */
export function addCreate(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/module/create',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Created } },
    async handler(request, reply): Promise<Static<typeof Created>> {
      refuseAutomaticRequest(request.headers);
      const parameters = await readParameters(request);
      const agent = await agentOf(edge, parameters);
      const { apiKey, serviceId } = await openService(edge, {
        plan: readPlan(edge.catalogue, parameters),
        months: readCycle(parameters),
        mode: agent.mode,
        receivesMessages: false,
        agent,
        idempotencyKey: readIdempotencyKey(request, parameters),
      });
      if (serviceId === null) reply.header('Idempotent-Replayed', 'true');
      return { status: 'true', message: CREATED, apiKey };
    },
  });
}
