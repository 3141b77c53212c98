import { Problem } from '../../../domain/errors.ts';
import type { ListenerId } from '../../../domain/ids.ts';
import { planOfService } from '../../../domain/plans.ts';
import type { Service } from '../../../storage/services/service.ts';
import { findWebhook, type Webhook } from '../../../storage/webhooks/webhook-settings.ts';
import type { Edge } from '../../edge.ts';

/**
 * The service, if it may have a webhook.
 * @throws Problem `not_in_plan`, or what `findUsable` throws
 */
export async function serviceWithWebhooks(edge: Edge, apiKey: string): Promise<Service> {
  const service = await edge.services.findUsable(apiKey);
  const { plans } = edge.catalogue;
  if (!planOfService(plans, service.planId).hasWebhooks) {
    const names = plans.filter(({ hasWebhooks }) => hasWebhooks).map(({ name }) => name);
    throw new Problem('not_in_plan', `Webhooks are part of the ${names.join(' and ')} plan.`);
  }
  return service;
}

/** A webhook that has an address. */
export type SetWebhook = Webhook & { readonly url: string };

/** @throws Problem `wrong_state` when none is set */
export async function webhookOf(edge: Edge, listenerId: ListenerId): Promise<SetWebhook> {
  const webhook = await findWebhook(edge.database, listenerId);
  if (webhook === null || webhook.url === null) {
    throw new Problem('wrong_state', 'No webhook is set.');
  }
  return { ...webhook, url: webhook.url };
}
