import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { parsePhoneNumber } from '../../domain/phone-number.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { required } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { usableServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

const PairCode = Type.Object({
  status: Type.Literal('true'),
  message: Type.Literal('Success'),
  pairCode: Type.String({ examples: ['D2Z8-9ZRY'] }),
  apiKey: Type.String(),
});

/** `module/loginWithCode`: a code to type into the phone instead of scanning. */
export function addLoginWithCode(app: FastifyInstance, edge: Edge): void {
  for (const url of ['/module/loginWithCode', '/module/loginWithCode/:apiKey']) {
    app.route<MaybeKeyInPath>({
      method: ['GET', 'POST'],
      url,
      config: { errorFamily: 'status' },
      schema: { response: { 200: PairCode } },
      async handler(request): Promise<Static<typeof PairCode>> {
        refuseAutomaticRequest(request.headers);
        const parameters = await readParameters(request);
        const { apiKey, service } = await usableServiceOf(edge, request, parameters);
        // Written `phonenumber` everywhere else in the documented API: both are understood.
        const name = parameters.has('phoneNumber') ? 'phoneNumber' : 'phonenumber';
        const written = required(parameters, name);
        const phone = parsePhoneNumber(written, service.countryCode);
        const pairCode = await edge.sessions.requestPairCode(service.id, phone);
        return { status: 'true', message: 'Success', pairCode, apiKey };
      },
    });
  }
}
