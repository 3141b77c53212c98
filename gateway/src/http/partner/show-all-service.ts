import type { FastifyInstance } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import { listServices, type ServiceOverview } from '../../storage/services/list-services.ts';
import { dayOf } from '../answers/dates.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { agentOf } from './partner-keys.ts';

const AgentsService = Type.Object({
  apiKey: Type.String(),
  whatsappNumber: Type.String({ description: 'Empty while no number is linked.' }),
  connectedToWhatsapp: Type.Boolean(),
  expire: Type.String({ examples: ['2024-06-22'] }),
  getMessageStatus: Type.Boolean({ description: 'Whether incoming messages are kept.' }),
  webhook: Type.String(),
});

const AgentsServices = Type.Object({
  serviceCount: Type.Integer(),
  services: Type.Array(AgentsService),
});

/** `module/showAllService`: an agent's own services, oldest first. */
export function addShowAllService(app: FastifyInstance, edge: Edge): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/module/showAllService',
    config: { errorFamily: 'status' },
    schema: { response: { 200: AgentsServices } },
    async handler(request): Promise<Static<typeof AgentsServices>> {
      const agent = await agentOf(edge, await readParameters(request));
      const services = await listServices(edge.database, agent.id);
      return {
        serviceCount: services.length,
        services: services.map((service) => describe(edge, service)),
      };
    },
  });
}

function describe(edge: Edge, service: ServiceOverview): Static<typeof AgentsService> {
  return {
    apiKey: edge.keyring.open(service.keySealed),
    whatsappNumber: service.phone ?? '',
    connectedToWhatsapp: service.connectionState === 'connected',
    expire: dayOf(service.expiresAt),
    getMessageStatus: service.receivesMessages,
    webhook: service.webhookUrl ?? '',
  };
}
