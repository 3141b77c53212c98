import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { CONNECTION_STATES, describeConnection } from '../../domain/connection-state.ts';
import { parseCountryCode } from '../../domain/country-code.ts';
import { planOfService, type Plan } from '../../domain/plans.ts';
import type { Service } from '../../storage/services/service.ts';
import { updateService, type ServiceChange } from '../../storage/services/update-service.ts';
import { findSession, type SessionRow } from '../../storage/sessions/session-rows.ts';
import { findWebhook, type Webhook } from '../../storage/webhooks/webhook-settings.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { single, type Parameters } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { switchIn } from '../parameters/switch.ts';
import { linkedCallingCode } from './country-code.ts';
import type { KeyInPath } from './key-in-path.ts';

const Settings = Type.Object({
  status: Type.Literal('true'),
  connectionStatus: Type.String({ examples: [CONNECTION_STATES.connected] }),
  whatsAppNumber: Type.String({ description: 'Empty while no number is linked.' }),
  countrycode: Type.String({
    description: 'What was set, else the calling code of the linked number.',
  }),
  statusCountryCode: Type.String(),
  whatsAppReceiveMessage: Type.Union([Type.Literal('Enable'), Type.Literal('Disable')]),
  webhook: Type.String({ description: 'Empty while none is set.' }),
  level: Type.String({ enum: ['1', '2', '3'] }),
});

/** `serviceSettings`: shows the settings, after changing those that were given. */
export function addServiceSettings(app: FastifyInstance, edge: Edge): void {
  app.route<KeyInPath>({
    method: ['GET', 'POST'],
    url: '/serviceSettings/:apiKey',
    config: { errorFamily: 'status' },
    schema: { response: { 200: Settings } },
    async handler(request) {
      const { apiKey } = request.params;
      let service = await edge.services.findUsable(apiKey);
      const change = readChange(await readParameters(request));
      if (change !== null) {
        refuseAutomaticRequest(request.headers);
        await updateService(edge.database, service.id, change);
        edge.services.forget(apiKey);
        service = { ...service, ...change };
      }
      const [session, webhook] = await Promise.all([
        findSession(edge.database, service.id),
        findWebhook(edge.database, service.id),
      ]);
      return describe(service, session, webhook, edge.catalogue.plans);
    },
  });
}

/** What the caller wants to be different, or null for nothing. */
function readChange(parameters: Parameters): ServiceChange | null {
  const countryCode = single(parameters, 'countryCode')?.trim() ?? '';
  const receivesMessages = switchIn(parameters, 'receiveMessage');
  if (countryCode === '' && receivesMessages === null) return null;
  return {
    ...(countryCode === '' ? {} : { countryCode: parseCountryCode(countryCode) }),
    ...(receivesMessages === null ? {} : { receivesMessages }),
  };
}

function describe(
  service: Service,
  session: SessionRow | null,
  webhook: Webhook | null,
  plans: readonly Plan[],
): Static<typeof Settings> {
  return {
    status: 'true',
    connectionStatus:
      session === null
        ? CONNECTION_STATES.disconnected
        : describeConnection(session.state, session),
    whatsAppNumber: session?.phone ?? '',
    countrycode: service.countryCode ?? linkedCallingCode(session?.phone ?? null) ?? '',
    // The documented sentence keeps its gap when no code was ever set.
    statusCountryCode: `When sending a message, if the phone number starts with zero, the ${service.countryCode ?? ''} will replace zero`,
    whatsAppReceiveMessage: service.receivesMessages ? 'Enable' : 'Disable',
    webhook: webhook?.url ?? '',
    level: String(planOfService(plans, service.planId).level),
  };
}
