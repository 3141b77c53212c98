import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { ConnectionState } from '../../domain/connection-state.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Database } from '../database.ts';
import { writeFenced } from '../leases/fence.ts';

/** What the refusals of WhatsApp demand, in milliseconds from now by the database's clock. */
export interface SessionEnd {
  /** How long a ban still lasts. */
  readonly notBeforeInMs: number | null;
  /** How long the credentials of a refused account are still kept. */
  readonly forgetInMs: number | null;
}

/** How a session was left by whoever held it last. */
export interface LeftSessionRow extends SessionEnd {
  readonly isWanted: boolean;
  readonly state: ConnectionState;
  readonly detail: string | null;
  /** The service was removed, and its account is to be unlinked. */
  readonly isToBeUnlinked: boolean;
}

/** @returns how a session was left, or null for an unknown service */
export async function findLeftSession(
  database: Database,
  serviceId: ServiceId,
): Promise<LeftSessionRow | null> {
  const row = await database.query
    .selectFrom('sessions')
    .innerJoin('services', 'services.id', 'sessions.service_id')
    .leftJoin('session_ends', 'session_ends.service_id', 'sessions.service_id')
    .select([
      sql<boolean>`sessions.is_wanted AND services.state = 'active'`.as('isWanted'),
      'sessions.state',
      'sessions.detail',
      sql<boolean>`sessions.is_linked AND coalesce(sessions.unlink_until > now(), false)`.as(
        'isToBeUnlinked',
      ),
      millisecondsUntil('retry_at').as('notBeforeInMs'),
      millisecondsUntil('forget_at').as('forgetInMs'),
    ])
    .where('sessions.service_id', '=', serviceId)
    .executeTakeFirst();
  return row ?? null;
}

function millisecondsUntil(column: 'retry_at' | 'forget_at') {
  return sql<number | null>`
    (extract(epoch FROM ${sql.ref(`session_ends.${column}`)} - now()) * 1000)::float8`;
}

const KEEP = `
  INSERT INTO session_ends (service_id, retry_at, forget_at)
  SELECT service_id, now() + $3::float8 * interval '1 millisecond',
         now() + $4::float8 * interval '1 millisecond'
  FROM held
  ON CONFLICT (service_id) DO UPDATE SET
    retry_at = excluded.retry_at, forget_at = excluded.forget_at`;

const DROP = 'DELETE FROM session_ends USING held WHERE session_ends.service_id = held.service_id';

/**
 * Keeps what a refusal demands; nothing is kept when it demands nothing any more.
 * @throws LeaseLost
 */
export async function recordSessionEnd(
  pool: Pool,
  lease: Lease,
  { notBeforeInMs, forgetInMs }: SessionEnd,
): Promise<void> {
  if (notBeforeInMs === null && forgetInMs === null) await writeFenced(pool, lease, DROP, []);
  else await writeFenced(pool, lease, KEEP, [notBeforeInMs, forgetInMs]);
}

// Gaining a lease locks its row as well: whoever has gained it deletes the keys itself.
const FORGET_DUE = `
  WITH due AS (
    SELECT e.service_id FROM session_ends e JOIN leases l USING (service_id)
    WHERE e.forget_at <= now() AND l.worker_id IS NULL
    FOR UPDATE OF l SKIP LOCKED),
  keys AS (DELETE FROM account_keys k USING due WHERE k.service_id = due.service_id),
  ends AS (UPDATE session_ends e SET forget_at = NULL FROM due WHERE e.service_id = due.service_id)
  UPDATE sessions s SET is_linked = false FROM due WHERE s.service_id = due.service_id`;

/** Deletes the credentials of refused accounts whose time has come and that nobody holds. */
export async function forgetRefusedAccounts(pool: Pool): Promise<void> {
  await pool.query(FORGET_DUE);
}
