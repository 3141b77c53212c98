import { Problem } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import { broughtBack, type ServiceLife } from '../domain/service-lifecycle.ts';
import type { Database } from '../storage/database.ts';
import { findRestorable } from '../storage/services/find-restorable.ts';
import { holdLife, saveLife } from '../storage/services/service-life.ts';

/**
 * Brings back a service that the clock has removed, while nothing of it is deleted yet.
 * @param keyFingerprint of its key
 * @throws Problem `service_not_found` for one that is unknown, purged, or was removed by hand;
 *   `wrong_state` for one that is not removed
 */
export async function restoreService(
  database: Database,
  keyFingerprint: Buffer,
): Promise<{ readonly serviceId: ServiceId; readonly life: ServiceLife }> {
  return await database.query.transaction().execute(async (transaction) => {
    const found = await findRestorable(transaction, keyFingerprint);
    if (found === null) throw new Problem('service_not_found');
    const { serviceId } = found;
    const held = await holdLife(transaction, serviceId);
    if (held === null) throw new Problem('service_not_found');
    if (held.life.state !== 'removed') {
      throw new Problem('wrong_state', 'This service is not removed.');
    }
    if (!found.isKept) throw new Problem('service_not_found');
    const life = broughtBack(held.life, held.nowMs);
    await saveLife(transaction, serviceId, life, 0);
    return { serviceId, life };
  });
}
