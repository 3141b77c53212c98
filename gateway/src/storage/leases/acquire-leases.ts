import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { CHANNELS } from '../notices/channels.ts';

/** A lease that was gained. */
export interface GainedLease {
  readonly lease: Lease;
  readonly mode: 'test' | 'live';
  /** Its last holder left without a word. */
  readonly wasAbandoned: boolean;
  /** Somebody wants to link the account right now. */
  readonly isAsked: boolean;
}

/** Which leases a worker tries to gain. */
export interface LeaseOrder {
  readonly workerId: string;
  readonly modes: readonly ('test' | 'live')[];
  readonly countMax: number;
  /** This one, or null for any whose account should be connected. */
  readonly serviceId: ServiceId | null;
}

/** How long after somebody asked for it an unlinked account is connected by whoever can. */
const ASKED_FOR_SECONDS = 120;

/** Of a service that is used, or whose account is to be unlinked from its phone. */
const MAY_BE_HELD = `(s.is_wanted AND v.state = 'active' OR s.is_linked AND s.unlink_until > now())`;

// The worker's own row is locked: it can not be buried before what it gains here is visible to whoever
// buries it.
const ACQUIRE = `
  WITH me AS (SELECT id FROM workers WHERE id = $1 FOR KEY SHARE),
  free AS (
    SELECT l.service_id, l.epoch, l.is_abandoned, v.mode,
           s.asked_at IS NOT NULL AND s.asked_at > now() - make_interval(secs => $5) AS is_asked
    FROM leases l
    JOIN sessions s ON s.service_id = l.service_id
    JOIN services v ON v.id = l.service_id
    WHERE l.worker_id IS NULL AND ${MAY_BE_HELD}
      AND v.mode = ANY($2) AND CASE WHEN $4::bigint IS NULL
               THEN s.is_linked OR s.asked_at > now() - make_interval(secs => $5)
               ELSE l.service_id = $4 END
    ORDER BY l.service_id LIMIT $3
    FOR UPDATE OF l SKIP LOCKED),
  taken AS (
    UPDATE leases l
    SET worker_id = me.id, epoch = l.epoch + 1, is_abandoned = false, taken_at = now()
    FROM free, me WHERE l.service_id = free.service_id
    RETURNING l.service_id, l.epoch),
  crashed AS (
    UPDATE messages m SET crashes = m.crashes + 1
    FROM free, taken
    WHERE free.is_abandoned AND taken.service_id = free.service_id
      AND m.service_id = free.service_id AND m.state = 'sending' AND m.claim_epoch = free.epoch)
  SELECT taken.service_id, taken.epoch, free.mode, free.is_abandoned, free.is_asked
  FROM taken JOIN free USING (service_id) ORDER BY service_id`;

interface GainedRow {
  service_id: ServiceId;
  epoch: number;
  mode: 'test' | 'live';
  is_abandoned: boolean;
  is_asked: boolean;
}

/**
 * Gains free leases, each with a new epoch. A lease about which its last holder's statement is still
 * being carried out is passed over, and gained by a later try.
 *
 * The messages that an owner was handing over when it left without a word count one crash more, so
 * that one which kills every process that touches it can be told.
 */
export async function acquireLeases(pool: Pool, order: LeaseOrder): Promise<GainedLease[]> {
  const { rows } = await pool.query<GainedRow>({
    text: ACQUIRE,
    values: [order.workerId, order.modes, order.countMax, order.serviceId, ASKED_FOR_SECONDS],
  });
  return rows.map((row) => ({
    lease: { serviceId: row.service_id, epoch: row.epoch },
    mode: row.mode,
    wasAbandoned: row.is_abandoned,
    isAsked: row.is_asked,
  }));
}

const RELEASE = `
  WITH freed AS (
    UPDATE leases l SET worker_id = NULL
    FROM unnest($2::bigint[], $3::bigint[]) AS mine(service_id, epoch)
    WHERE l.service_id = mine.service_id AND l.epoch = mine.epoch AND l.worker_id = $1
    RETURNING l.service_id)
  SELECT pg_notify('${CHANNELS.leasesFreed}', '') FROM freed LIMIT 1`;

const RELEASE_OTHERS = `
  UPDATE leases SET worker_id = NULL WHERE worker_id = $1 AND service_id <> ALL($2::bigint[])`;

/** Frees leases whose sockets are closed. */
export async function releaseLeases(
  pool: Pool,
  workerId: string,
  leases: readonly Lease[],
): Promise<void> {
  await pool.query({
    text: RELEASE,
    values: [workerId, leases.map((lease) => lease.serviceId), leases.map((lease) => lease.epoch)],
  });
}

/** Frees what a worker gained without learning of it: all but what it knows to hold. */
export async function releaseOtherLeases(
  pool: Pool,
  workerId: string,
  known: readonly ServiceId[],
): Promise<void> {
  await pool.query({ text: RELEASE_OTHERS, values: [workerId, known] });
}

const COUNT = `
  SELECT v.mode, count(*)::int AS wanted, count(l.worker_id)::int AS held
  FROM sessions s
  JOIN services v ON v.id = s.service_id
  JOIN leases l ON l.service_id = s.service_id
  WHERE ${MAY_BE_HELD}
    AND (s.is_linked OR s.asked_at > now() - make_interval(secs => $1))
  GROUP BY v.mode`;

/** How many accounts should be connected, and how many of them somebody holds. */
export interface LeaseCounts {
  readonly mode: 'test' | 'live';
  readonly wanted: number;
  readonly held: number;
}

/** Counts the accounts of each mode. */
export async function countLeases(pool: Pool): Promise<LeaseCounts[]> {
  const { rows } = await pool.query<LeaseCounts>({
    text: COUNT,
    values: [ASKED_FOR_SECONDS],
  });
  return rows;
}
