import type { Pool } from 'pg';
import { serviceId, type ServiceId } from '../../domain/ids.ts';
import { LeaseLost, type Lease } from '../../domain/lease.ts';

/**
 * The fence around every write of an account's owner.
 *
 * A fenced statement first locks the lease row `FOR KEY SHARE`, asking for the epoch under which its
 * owner acts; without that row it changes nothing. Gaining a lease locks the row `FOR UPDATE`. So
 * either the write is committed before the lease changes hands, and the new owner sees it, or it
 * waits for the change, finds a newer epoch, and is refused. Writers do not wait for each other.
 */
export function heldUnder(service: string, epoch: string): string {
  return `held AS MATERIALIZED (
    SELECT service_id FROM leases WHERE service_id = ${service} AND epoch = ${epoch}
    FOR KEY SHARE)`;
}

/** The same for many leases, given as two arrays of equal length. */
export function heldAmong(serviceIds: string, epochs: string): string {
  return `held AS MATERIALIZED (
    SELECT l.service_id FROM leases l
    JOIN unnest(${serviceIds}::bigint[], ${epochs}::bigint[]) AS mine(service_id, epoch)
      ON l.service_id = mine.service_id AND l.epoch = mine.epoch
    FOR KEY SHARE OF l)`;
}

/** The leases of many writes, each once. */
export class LeaseSet {
  readonly #epochs = new Map<Lease['serviceId'], Lease>();

  constructor(leases: Iterable<Lease>) {
    for (const lease of leases) {
      const known = this.#epochs.get(lease.serviceId);
      if (known === undefined || known.epoch < lease.epoch) {
        this.#epochs.set(lease.serviceId, lease);
      }
    }
  }

  /** For `heldAmong`. */
  columns(): [number[], number[]] {
    const leases = [...this.#epochs.values()];
    return [leases.map((lease) => lease.serviceId), leases.map((lease) => lease.epoch)];
  }

  /** Those which the database did not find held. */
  without(held: ReadonlySet<Lease['serviceId']>): Lease[] {
    return [...this.#epochs.values()].filter((lease) => !held.has(lease.serviceId));
  }
}

/** The services of an `array_agg` of their ids. */
export function idsOf(aggregated: readonly string[] | undefined): ReadonlySet<ServiceId> {
  return new Set((aggregated ?? []).map((id) => serviceId(Number(id))));
}

/**
 * Carries out a fenced statement about one account.
 * @param statement begins after `WITH held AS (...)`, where $1 is the service and $2 the epoch
 * @param values from $3 on
 * @returns how many rows it changed
 * @throws LeaseLost
 */
export async function writeFenced(
  pool: Pool,
  lease: Lease,
  statement: string,
  values: readonly unknown[],
): Promise<number> {
  const text = `WITH ${heldUnder('$1', '$2')} ${statement}`;
  const { rowCount } = await pool.query({
    text,
    values: [lease.serviceId, lease.epoch, ...values],
  });
  if (rowCount === 0) await assertHeld(pool, lease);
  return rowCount ?? 0;
}

/**
 * For a fenced statement that changed no row: tells whether the reason is the lease.
 * @throws LeaseLost
 */
export async function assertHeld(pool: Pool, lease: Lease): Promise<void> {
  const text = 'SELECT FROM leases WHERE service_id = $1 AND epoch = $2';
  const { rowCount } = await pool.query({ text, values: [lease.serviceId, lease.epoch] });
  if (rowCount === 0) throw new LeaseLost(lease);
}
