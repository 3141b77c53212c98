import type { ServiceId } from '../domain/ids.ts';

/**
 * The port through which keys are kept; `storage/keys/` satisfies it.
 *
 * `stage` takes effect at once for every later `load` and is written in the background; `durable`
 * tells when. The connection holds back every frame until what was staged before it is durable, so
 * many sends share one commit and still no ratchet step leaves before it is safe.
 */
export interface KeyVault {
  /** The values that exist, by name; a staged one wins over the stored one. */
  load(serviceId: ServiceId, type: string, names: readonly string[]): Promise<Map<string, unknown>>;
  /** All values of a type, by name. */
  list(serviceId: ServiceId, type: string): Promise<Map<string, unknown>>;
  /** Keeps a value, or deletes it (null). The value must not be changed afterwards. */
  stage(serviceId: ServiceId, type: string, name: string, value: unknown): void;
  /** Null when all that was staged for the service is committed, else a promise of that moment. */
  durable(serviceId: ServiceId): Promise<void> | null;
  /** Deletes all keys of the service. */
  forget(serviceId: ServiceId): Promise<void>;
}
