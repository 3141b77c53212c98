import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { writeFenced } from '../leases/fence.ts';
import { CHANNELS } from '../notices/channels.ts';
import type { Schema } from '../schema.ts';

const UNLINK_WITHIN_SECONDS = 45;

const BEGIN = (condition: ReturnType<typeof sql>) => sql`
  WITH begun AS (
    UPDATE sessions s SET unlink_until = now() + make_interval(secs => ${UNLINK_WITHIN_SECONDS})
    FROM services v
    WHERE v.id = s.service_id AND v.state = 'removed' AND s.is_linked AND s.unlink_until IS NULL
      AND ${condition}
    RETURNING s.service_id)
  SELECT pg_notify(${CHANNELS.leasesFreed}, '') FROM begun LIMIT 1`;

/** The account of a service that was removed just now is to be unlinked. */
export async function beginUnlinking(
  transaction: Kysely<Schema>,
  serviceId: ServiceId,
): Promise<void> {
  await BEGIN(sql`v.id = ${serviceId}`).execute(transaction);
}

/** The accounts of services that are about to be purged are to be unlinked before. */
export async function beginUnlinkingBeforePurge(query: Kysely<Schema>): Promise<void> {
  await BEGIN(sql`v.purged_at IS NULL AND v.purge_at <= now()`).execute(query);
}

const IS_DUE = `
  SELECT FROM sessions WHERE service_id = $1 AND is_linked AND unlink_until > now()`;

/** Whether the account is to be unlinked now. */
export async function isToBeUnlinked(pool: Pool, serviceId: ServiceId): Promise<boolean> {
  const { rowCount } = await pool.query({ text: IS_DUE, values: [serviceId] });
  return rowCount === 1;
}

const END = `
  UPDATE sessions SET is_linked = false, is_wanted = false, unlink_until = NULL, qr = NULL,
                      state = 'disconnected', detail = NULL, changed_at = now()
  FROM held WHERE sessions.service_id = held.service_id`;

/**
 * The account was unlinked, or that was given up.
 * @throws LeaseLost
 */
export async function recordUnlinking(pool: Pool, lease: Lease): Promise<void> {
  await writeFenced(pool, lease, END, []);
}
