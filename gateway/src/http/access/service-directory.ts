import { LRUCache } from 'lru-cache';
import { looksLikeApiKey } from '../../domain/api-key.ts';
import { Problem } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Database } from '../../storage/database.ts';
import { findServiceByKey } from '../../storage/services/find-service.ts';
import type { Service } from '../../storage/services/service.ts';
import type { Keyring } from './keyring.ts';

const SERVICES_MAX = 20_000;
/** How long another process's change may stay unseen here. */
const FRESH_FOR_MS = 3000;

/**
 * Finds services by API key. Found ones are remembered for a few seconds, so that the way of a
 * message does not begin with a query; whoever changes a service in this process forgets it here.
 */
export interface ServiceDirectory {
  /** @throws Problem `invalid_api_key`, whatever is odd about the key */
  find(apiKey: string): Promise<Service>;
  /** As `find`, and the service may be used. @throws Problem `service_suspended` */
  findUsable(apiKey: string): Promise<Service>;
  /** As `find`, or null for an unknown key. */
  lookUp(apiKey: string): Promise<Service | null>;
  /** To be called right after a change to the service was committed. */
  forget(apiKey: string): void;
}

export function createServiceDirectory(
  database: Database,
  keyring: Keyring,
  clock: Clock,
): ServiceDirectory {
  const remembered = new LRUCache<string, Service>({
    max: SERVICES_MAX,
    ttl: FRESH_FOR_MS,
    perf: { now: () => clock.monotonicMs() },
  });
  let changes = 0;

  async function load(apiKey: string): Promise<Service | null> {
    if (!looksLikeApiKey(apiKey)) return null;
    const changesBefore = changes;
    const service = await findServiceByKey(database, keyring.fingerprint(apiKey));
    // What was read while something changed may be the old row: good for this answer only.
    if (service !== null && changes === changesBefore) remembered.set(apiKey, service);
    return service;
  }

  async function find(apiKey: string): Promise<Service> {
    const service = remembered.get(apiKey) ?? (await load(apiKey));
    if (service === null) throw new Problem('invalid_api_key');
    return service;
  }

  return {
    find,
    async findUsable(apiKey) {
      const service = await find(apiKey);
      const isUsable = service.state === 'active' && service.expiresAt.getTime() > clock.now();
      if (!isUsable) throw new Problem('service_suspended');
      return service;
    },
    async lookUp(apiKey) {
      return remembered.get(apiKey) ?? (await load(apiKey));
    },
    forget(apiKey) {
      changes += 1;
      const id = remembered.get(apiKey)?.id;
      remembered.delete(apiKey);
      // It may be known by a key that was replaced, too.
      for (const [key, service] of remembered.entries()) {
        if (service.id === id) remembered.delete(key);
      }
    },
  };
}
