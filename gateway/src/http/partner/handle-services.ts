import type { FastifyInstance } from 'fastify';
import type { ServiceLife } from '../../domain/service-lifecycle.ts';
import { changeLife, type Handling } from '../../lifecycle/change-life.ts';
import { refuseAutomaticRequest } from '../access/automatic-requests.ts';
import type { Edge } from '../edge.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { Done, done } from './done.ts';
import { ownServiceOf, type MaybeKeyInPath, type NamedService } from './partner-keys.ts';

/** What may be done to a service, by its agent and by the operator. */
export const HANDLINGS: readonly Handling[] = ['suspend', 'unsuspend', 'remove'];

/**
 * `module/suspend`: nothing is sent or received any more; the queue and the link to the phone stay.
 * `module/unsuspend` undoes it; a service whose time is over has to be renewed instead.
 * `module/remove` unlinks the phone and deletes the service; its charges stay in the ledger.
 */
export function addHandleServices(app: FastifyInstance, edge: Edge): void {
  for (const handling of HANDLINGS) {
    app.route<MaybeKeyInPath>({
      method: ['GET', 'POST'],
      url: `/module/${handling}`,
      config: { errorFamily: 'status' },
      schema: { response: { 200: Done } },
      async handler(request) {
        refuseAutomaticRequest(request.headers);
        const named = await ownServiceOf(edge, request, await readParameters(request));
        await handleService(edge, named, handling);
        return done(handling, named.apiKey);
      },
    });
  }
}

/**
 * Suspends, unsuspends or removes a service, and lets go of its account or takes it up again.
 * @returns its life from now on
 * @throws Problem `service_not_found`, `service_expired`
 */
export async function handleService(
  edge: Edge,
  { apiKey, service }: NamedService,
  handling: Handling,
): Promise<ServiceLife> {
  const life = await changeLife(edge.database, service.id, handling);
  edge.services.forget(apiKey);
  await edge.sessions.standingChanged(service.id);
  return life;
}
