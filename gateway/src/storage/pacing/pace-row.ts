import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Opening, Pace } from '../../domain/pace.ts';
import { believedNow } from '../clock/believed-now.ts';
import { writeFenced } from '../leases/fence.ts';

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const FIND_STANDING = `
  SELECT ${ms(believedNow('$2'))} AS "nowMs", services.mode, services.plan_id AS "planId",
         services.pacing AS "ownPacing", sessions.phone
  FROM services LEFT JOIN sessions ON sessions.service_id = services.id
  WHERE services.id = $1`;

const FIND_PACE = `
  SELECT phone, is_following AS "isFollowing", ${ms('linked_at')} AS "linkedAtMs",
         ${ms('next_at')} AS "nextAtMs", ${ms('next_opening_at')} AS "nextOpeningAtMs",
         ${ms('new_chats_paused_until')} AS "newChatsPausedUntilMs",
         ${ms('paused_until')} AS "pausedUntilMs",
         ${ms('cap_asked_at')} AS "capAskedAtMs", cap_left AS "capLeft",
         ${ms('cap_ends_at')} AS "capEndsAtMs", slowdown,
         ${ms('slowed_at')} AS "slowedAtMs", strikes
  FROM paces WHERE service_id = $1`;

const FIND_OPENINGS = `
  SELECT ${ms('opened_at')} AS "atMs", opened_print::text AS "textPrint"
  FROM chats WHERE service_id = $1 AND opened_at > now() - interval '24 hours'
  ORDER BY opened_at`;

// What shortens a pause is never written: the row may be newer than what this process knows.
const KEEP_REFUSAL = `
  UPDATE paces SET
    new_chats_paused_until = greatest(new_chats_paused_until, to_timestamp($3::float8 / 1000)),
    paused_until = greatest(paused_until, to_timestamp($4::float8 / 1000)),
    slowdown = $5, slowed_at = to_timestamp($6::float8 / 1000), strikes = $7
  WHERE service_id = (SELECT service_id FROM held)`;

const KEEP_CAP = `
  UPDATE paces SET cap_asked_at = to_timestamp($3::float8 / 1000), cap_left = $4,
                   cap_ends_at = to_timestamp($5::float8 / 1000)
  WHERE service_id = (SELECT service_id FROM held)`;

/** What decides about a service's pacing. */
export interface PacingStanding {
  /** The database's time, as far as it is believed, milliseconds since 1970. */
  readonly nowMs: number;
  readonly mode: 'test' | 'live';
  readonly planId: number;
  /** As it was asked for this service alone; null for nothing. */
  readonly ownPacing: unknown;
  /** The linked number, or null. */
  readonly phone: string | null;
}

/** Where an account stands, as it is kept. */
export interface KeptPace {
  /** Whose it is. */
  readonly phone: string;
  /** Whether its chats are kept at the moment. */
  readonly isFollowing: boolean;
  readonly pace: Pace;
}

/**
 * @param believedMs the time that this process believes
 * @returns null for an unknown service
 */
export async function findPacingStanding(
  pool: Pool,
  serviceId: ServiceId,
  believedMs: number,
): Promise<PacingStanding | null> {
  const { rows } = await pool.query<PacingStanding>({
    name: 'find-pacing-standing',
    text: FIND_STANDING,
    values: [serviceId, believedMs],
  });
  return rows[0] ?? null;
}

/** @returns null for an account that was never paced */
export async function findPace(pool: Pool, serviceId: ServiceId): Promise<KeptPace | null> {
  const { rows } = await pool.query<
    { phone: string; isFollowing: boolean } & Omit<Pace, 'openings'>
  >(FIND_PACE, [serviceId]);
  const [row] = rows;
  if (row === undefined) return null;
  const { phone, isFollowing, ...pace } = row;
  const { rows: openings } = await pool.query<Opening>(FIND_OPENINGS, [serviceId]);
  return { phone, isFollowing, pace: { ...pace, openings } };
}

/**
 * Keeps what a refusal of WhatsApp left behind. The row is there: the account is followed.
 * @throws LeaseLost
 */
export async function keepRefusal(pool: Pool, lease: Lease, pace: Pace): Promise<void> {
  await writeFenced(pool, lease, KEEP_REFUSAL, [
    pace.newChatsPausedUntilMs,
    pace.pausedUntilMs,
    pace.slowdown,
    pace.slowedAtMs,
    pace.strikes,
  ]);
}

/**
 * Keeps what WhatsApp said of its cap on new chats. The row is there: the account is followed.
 * @throws LeaseLost
 */
export async function keepCap(pool: Pool, lease: Lease, pace: Pace): Promise<void> {
  const { capAskedAtMs, capLeft, capEndsAtMs } = pace;
  await writeFenced(pool, lease, KEEP_CAP, [capAskedAtMs, capLeft, capEndsAtMs]);
}

/** Keeps what is asked for a service alone: as `readPacing` takes it, or null for nothing. */
export async function keepOwnPacing(
  pool: Pool,
  serviceId: ServiceId,
  ownPacing: unknown,
): Promise<void> {
  const written = ownPacing === null ? null : JSON.stringify(ownPacing);
  await pool.query('UPDATE services SET pacing = $2::jsonb WHERE id = $1', [serviceId, written]);
}
