import type { Lease } from '../domain/lease.ts';

/**
 * The port through which keys are kept; `storage/keys/` satisfies it.
 *
 * `stage` takes effect at once for every later `load` and is written in the background; `durable`
 * tells when. The connection holds back every frame until what was staged before it is durable, so
 * many sends share one commit and still no ratchet step leaves before it is safe.
 *
 * All is done under a lease. When it is lost, `load` and `list` throw LeaseLost, `durable` rejects
 * with it, and what is staged goes nowhere.
 */
export interface KeyVault {
  /** The values that exist, by name; a staged one wins over the stored one. */
  load(lease: Lease, type: string, names: readonly string[]): Promise<Map<string, unknown>>;
  /** All values of a type, by name. */
  list(lease: Lease, type: string): Promise<Map<string, unknown>>;
  /** Keeps a value, or deletes it (null). The value must not be changed afterwards. */
  stage(lease: Lease, type: string, name: string, value: unknown): void;
  /** Null when all that was staged for the service is committed, else a promise of that moment. */
  durable(lease: Lease): Promise<void> | null;
  /** Deletes all keys of the service. */
  forget(lease: Lease): Promise<void>;
  /** The lease is about to be given up: resolves when what was staged is committed. */
  release(lease: Lease): Promise<void>;
  /** The lease is lost: whatever was staged under it is gone. */
  drop(lease: Lease): void;
}
