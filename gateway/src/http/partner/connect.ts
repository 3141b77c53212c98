import type { FastifyInstance } from 'fastify';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { ownServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/** `module/connect`: sets WhatsApp up on a service, from now on and across restarts. */
export function addConnect(app: FastifyInstance, edge: Edge): void {
  app.route<MaybeKeyInPath>({
    method: ['GET', 'POST'],
    url: '/module/connect',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Done } },
    async handler(request) {
      refuseAutomaticRequest(request.headers);
      const { apiKey } = await ownServiceOf(edge, request, await readParameters(request));
      const service = await edge.services.findUsable(apiKey);
      await edge.sessions.connect(service.id);
      return done('connect', apiKey);
    },
  });
}
