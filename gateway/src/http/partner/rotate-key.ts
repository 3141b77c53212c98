import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { Problem } from '../../domain/errors.ts';
import { replaceServiceKey } from '../../storage/replaced-keys/replace-key.ts';
import type { Service } from '../../storage/services/service.ts';
import { readOverlap } from '../access/overlap.ts';
import type { Edge } from '../edge.ts';
import type { Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/** A service's new key. */
export const NewServiceKey = Type.Object({
  status: Type.Literal('true'),
  apiKey: Type.String({ description: 'The new key.' }),
  oldKeyUntil: Type.String({ format: 'date-time', description: 'The old one works until then.' }),
});

/** `module/rotateKey`: another key for a service of the agent's. */
export function addRotateKey(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: 'POST',
    url: '/module/rotateKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: NewServiceKey } },
    async handler(request) {
      const parameters = await readParameters(request);
      const { apiKey, service } = await ownServiceOf(edge, request, parameters);
      return await rotateServiceKey(edge, service, apiKey, parameters);
    },
  });
}

/**
 * Gives a service another key.
 * @param apiKey the one it was named by
 * @throws Problem `invalid_parameter`, `service_not_found`
 */
export async function rotateServiceKey(
  edge: Edge,
  { id }: Service,
  apiKey: string,
  parameters: Parameters,
): Promise<Static<typeof NewServiceKey>> {
  const issued = edge.keyring.issue();
  const until = await replaceServiceKey(edge.database, id, issued, readOverlap(parameters));
  if (until === null) throw new Problem('service_not_found');
  edge.services.forget(apiKey);
  edge.webhooks.changed(id);
  return { status: 'true', apiKey: issued.key, oldKeyUntil: until.toISOString() };
}
