import type { FastifyInstance } from 'fastify';
import { Type } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { parsePhoneNumber, type PhoneNumber } from '../../domain/phone-number.ts';
import type { Edge } from '../edge.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { openService } from '../partner/open-service.ts';
import { readCycle, readPlan } from '../partner/plan-parameters.ts';
import { linkSimulatedPhone } from '../simulator/link-simulated-phone.ts';
import { readMode } from './mode-parameter.ts';

const NewService = Type.Object({
  apiKey: Type.String(),
  mode: Type.Union([Type.Literal('test'), Type.Literal('live')]),
});

/**
 * `POST /admin/services`: a service of the operator's own. With `link` it is answered already linked
 * to that simulated phone.
 */
export function addCreateService(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: 'POST',
    url: '/admin/services',
    schema: { response: { 201: NewService } },
    async handler(request, reply) {
      edge.admin.check(request);
      const parameters = await readParameters(request);
      const mode = readMode(parameters, edge.simulatorUrl !== null);
      const link = readLink(parameters, mode);
      const { apiKey, serviceId } = await openService(edge, {
        plan: readPlan(edge.catalogue, parameters),
        months: readCycle(parameters),
        mode,
        receivesMessages: true,
        agent: null,
        idempotencyKey: null,
      });
      if (link !== null && serviceId !== null) await linkSimulatedPhone(edge, serviceId, link);
      return reply.code(201).send({ apiKey, mode });
    },
  });
}

function readLink(parameters: Parameters, mode: 'test' | 'live'): PhoneNumber | null {
  const written = single(parameters, 'link') ?? '';
  if (written === '') return null;
  if (mode !== 'test') {
    throw new Problem(
      'invalid_parameter',
      'Only a test service can be linked to a simulated phone.',
    );
  }
  return parsePhoneNumber(written, null);
}
