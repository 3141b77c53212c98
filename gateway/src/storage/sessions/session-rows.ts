import { sql } from 'kysely';
import type { Pool } from 'pg';
import type { ConnectionState } from '../../domain/connection-state.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import type { Database } from '../database.ts';
import { writeFenced } from '../leases/fence.ts';

/** How a service stands with WhatsApp, as last written by whoever holds its socket. */
export interface SessionRow {
  readonly state: ConnectionState;
  readonly detail: string | null;
  readonly qr: string | null;
  readonly phone: string | null;
  readonly lid: string | null;
  readonly name: string | null;
  /** When a ban ends. */
  readonly retryAt: Date | null;
}

/** @returns the session row, or null for an unknown service */
export async function findSession(
  database: Database,
  serviceId: ServiceId,
): Promise<SessionRow | null> {
  const row = await database.query
    .selectFrom('sessions')
    .leftJoin('session_ends', 'session_ends.service_id', 'sessions.service_id')
    .select(['state', 'detail', 'qr', 'phone', 'lid', 'name', 'retry_at as retryAt'])
    .where('sessions.service_id', '=', serviceId)
    .executeTakeFirst();
  return row ?? null;
}

/** A service's session, and whether its account may be connected. */
interface WantedSession {
  readonly serviceId: ServiceId;
  readonly mode: 'test' | 'live';
  readonly state: ConnectionState;
  readonly isWanted: boolean;
  readonly serviceState: 'active' | 'suspended' | 'removed';
}

/** @returns how the service's session should stand, or null for an unknown or removed service */
export async function findWantedSession(
  database: Database,
  serviceId: ServiceId,
): Promise<WantedSession | null> {
  const row = await database.query
    .selectFrom('sessions')
    .innerJoin('services', 'services.id', 'sessions.service_id')
    .select([
      'sessions.service_id as serviceId',
      'services.mode',
      'sessions.state',
      'sessions.is_wanted as isWanted',
      'services.state as serviceState',
    ])
    .where('sessions.service_id', '=', serviceId)
    .where('services.state', '<>', 'removed')
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps whether the service wants a connection, and that somebody asked for it. */
export async function setSessionWanted(
  database: Database,
  serviceId: ServiceId,
  isWanted: boolean,
): Promise<void> {
  await database.query
    .updateTable('sessions')
    .set({ is_wanted: isWanted, asked_at: isWanted ? sql<Date>`now()` : null })
    .where('service_id', '=', serviceId)
    .execute();
}

/** How a session stands now. */
export interface SessionNews {
  readonly state: ConnectionState;
  readonly detail: string | null;
  /** Lives and dies with the state that shows it. */
  readonly qr: string | null;
  /** Who the linked account is, where that is news. */
  readonly account?: {
    readonly phone: string;
    readonly lid: string | null;
    readonly name: string | null;
  };
}

const RECORD = `
  UPDATE sessions SET
    state = $3, detail = $4, qr = $5,
    phone = CASE WHEN $6 THEN $7 ELSE phone END,
    lid = CASE WHEN $6 THEN $8 ELSE lid END,
    name = CASE WHEN $6 THEN $9 ELSE name END,
    changed_at = now(),
    connected_at = CASE WHEN $3 = 'connected' THEN now() ELSE connected_at END,
    is_linked = CASE WHEN $3 IN ('linking', 'connected') THEN true
                     WHEN $3 = 'logged_out' THEN false ELSE is_linked END
  FROM held WHERE sessions.service_id = held.service_id`;

/**
 * Keeps a session's new state, and with it who the account is.
 * @throws LeaseLost
 */
export async function recordSession(
  pool: Pool,
  lease: Lease,
  { state, detail, qr, account }: SessionNews,
): Promise<void> {
  await writeFenced(pool, lease, RECORD, [
    state,
    detail,
    qr,
    account !== undefined,
    account?.phone ?? null,
    account?.lid ?? null,
    account?.name ?? null,
  ]);
}

const RECORD_UNLINKED = `
  UPDATE sessions SET state = 'disconnected', detail = NULL, qr = NULL, changed_at = now(),
                      is_linked = false
  FROM held WHERE sessions.service_id = held.service_id`;

/**
 * The account is not linked, and nobody looks at its QR codes now; asking for one starts it again.
 * @throws LeaseLost
 */
export async function recordUnlinked(pool: Pool, lease: Lease): Promise<void> {
  await writeFenced(pool, lease, RECORD_UNLINKED, []);
}
