import type { FastifyInstance } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { readPacing } from '../../domain/pacing.ts';
import { keepOwnPacing } from '../../storage/pacing/pace-row.ts';
import type { Edge } from '../edge.ts';
import { describePacing, ShownPacing } from '../pacing/describe-pacing.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';

/**
 * `PUT /admin/services/:apiKey/pacing`: a pacing for this service alone; also by POST. `pacing` is
 * `safe`, `off` or `default`; settings that are given are changed from the safe ones.
 */
export function addSetPacing(app: FastifyInstance, edge: Edge): void {
  app.route<{ Params: { apiKey: string } }>({
    method: ['POST', 'PUT'],
    url: '/admin/services/:apiKey/pacing',
    schema: { response: { 200: ShownPacing } },
    async handler(request) {
      edge.admin.check(request);
      const service = await edge.services.lookUp(request.params.apiKey);
      if (service === null) throw new Problem('service_not_found');
      const own = readOwnPacing(await readParameters(request));
      await keepOwnPacing(edge.database.pool, service.id, own);
      edge.pacing.changed(service.id);
      return await describePacing(edge, service.id);
    },
  });
}

/** As it is kept; null for what the gateway's own setting says. */
function readOwnPacing(parameters: Parameters): unknown {
  const settings = [...parameters.keys()].filter((name) => name !== 'pacing');
  const named = single(parameters, 'pacing');
  if (named === undefined && settings.length === 0) {
    throw new Problem('missing_parameter', 'Give "pacing" or settings of it.');
  }
  if (settings.length > 0 && named !== undefined && named !== 'safe') {
    throw new Problem('invalid_parameter', 'Settings are changed from the "safe" pacing only.');
  }
  if (named === 'default') return null;
  const written = settings.map((name) => [name, numberOf(single(parameters, name) ?? '')]);
  const own = settings.length === 0 ? named : Object.fromEntries(written);
  readPacing(own);
  return own;
}

/** What is no number stays as it is and is refused by `readPacing`, in its words. */
function numberOf(written: string): number | string {
  return written.trim() === '' || Number.isNaN(Number(written)) ? written : Number(written);
}
