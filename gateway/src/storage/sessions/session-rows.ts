import { sql } from 'kysely';
import type { ConnectionState } from '../../domain/connection-state.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** How a service stands with WhatsApp, as last written by whoever holds its socket. */
export interface SessionRow {
  readonly state: ConnectionState;
  readonly detail: string | null;
  readonly qr: string | null;
  readonly phone: string | null;
  readonly lid: string | null;
  readonly name: string | null;
}

/** A service whose account should be connected. */
export interface WantedSession {
  readonly serviceId: ServiceId;
  readonly mode: 'test' | 'live';
  readonly state: ConnectionState;
}

/** @returns the session row, or null for an unknown service */
export async function findSession(
  database: Database,
  serviceId: ServiceId,
): Promise<SessionRow | null> {
  const row = await database.query
    .selectFrom('sessions')
    .select(['state', 'detail', 'qr', 'phone', 'lid', 'name'])
    .where('service_id', '=', serviceId)
    .executeTakeFirst();
  return row ?? null;
}

/** The services that want a connection, so that a start can bring them back. */
export function listWantedSessions(database: Database): Promise<WantedSession[]> {
  return database.query
    .selectFrom('sessions')
    .innerJoin('services', 'services.id', 'sessions.service_id')
    .select(['sessions.service_id as serviceId', 'services.mode', 'sessions.state'])
    .where('sessions.is_wanted', '=', true)
    .where('services.state', '=', 'active')
    .orderBy('sessions.service_id')
    .execute();
}

/** @returns the service's mode and state, or null for an unknown or removed service */
export async function findWantedSession(
  database: Database,
  serviceId: ServiceId,
): Promise<WantedSession | null> {
  const row = await database.query
    .selectFrom('sessions')
    .innerJoin('services', 'services.id', 'sessions.service_id')
    .select(['sessions.service_id as serviceId', 'services.mode', 'sessions.state'])
    .where('sessions.service_id', '=', serviceId)
    .where('services.state', '<>', 'removed')
    .executeTakeFirst();
  return row ?? null;
}

/** Keeps whether the service wants a connection. */
export async function setSessionWanted(
  database: Database,
  serviceId: ServiceId,
  isWanted: boolean,
): Promise<void> {
  await database.query
    .updateTable('sessions')
    .set({ is_wanted: isWanted })
    .where('service_id', '=', serviceId)
    .execute();
}

/** Keeps a session's new state. The QR code lives and dies with the state that shows it. */
export async function recordSessionState(
  database: Database,
  serviceId: ServiceId,
  state: ConnectionState,
  detail: string | null,
  qr: string | null,
): Promise<void> {
  await database.query
    .updateTable('sessions')
    .set({
      state,
      detail,
      qr,
      changed_at: sql<Date>`now()`,
      ...(state === 'connected' ? { connected_at: sql<Date>`now()` } : {}),
    })
    .where('service_id', '=', serviceId)
    .execute();
}

/** Keeps who the linked account is; nulls forget it. */
export async function recordSessionAccount(
  database: Database,
  serviceId: ServiceId,
  account: { phone: string | null; lid: string | null; name: string | null },
): Promise<void> {
  await database.query
    .updateTable('sessions')
    .set(account)
    .where('service_id', '=', serviceId)
    .execute();
}
