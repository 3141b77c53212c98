import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { parsePhoneNumber } from '../../domain/phone-number.ts';
import type { Edge } from '../edge.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { countryCodeFor } from './country-code.ts';
import type { KeyInPath } from './key-in-path.ts';

/** Real booleans here, and in this endpoint's errors: the documented oddity. */
const Registered = Type.Object({ success: Type.Literal(true), result: Type.Boolean() });

/** `isRegistered`: whether a number is on WhatsApp, asked through the service's account. */
export function addIsRegistered(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/isRegistered/:apiKey',
    config: { errorFamily: 'boolean' },
    schema: { response: { 200: Registered } },
    async handler(request): Promise<Static<typeof Registered>> {
      const service = await edge.services.findUsable(request.params.apiKey);
      const written = required(await readParameters(request), 'phonenumber');
      const countryCode = await countryCodeFor(edge.database, service, [written]);
      const phone = parsePhoneNumber(written, countryCode);
      return { success: true, result: await edge.sessions.lookUp(service.id, phone) };
    },
  });
}
