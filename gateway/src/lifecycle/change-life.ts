import { Problem } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import { stepLife, type LifeEvent, type ServiceLife } from '../domain/service-lifecycle.ts';
import type { Database } from '../storage/database.ts';
import { holdLife, saveLife } from '../storage/services/service-life.ts';

/** What is left of a service that was removed by hand is deleted at once. */
const PURGE_AFTER_HAND_MS = 0;

/** What a hand may do to a service that costs nothing. */
export type Handling = Extract<LifeEvent, { type: 'suspend' | 'unsuspend' | 'remove' }>['type'];

/**
 * Suspends, unsuspends or removes a service. Doing it again changes nothing.
 * @returns its life from now on
 * @throws Problem `service_not_found`, `service_expired`
 */
export async function changeLife(
  database: Database,
  serviceId: ServiceId,
  handling: Handling,
): Promise<ServiceLife> {
  return await database.query.transaction().execute(async (transaction) => {
    const held = await holdLife(transaction, serviceId);
    if (held === null) throw new Problem('service_not_found');
    const step = stepLife(held.life, { type: handling }, held.nowMs);
    if ('refusal' in step) throw new Problem(step.refusal);
    await saveLife(transaction, serviceId, step.life, PURGE_AFTER_HAND_MS);
    return step.life;
  });
}
