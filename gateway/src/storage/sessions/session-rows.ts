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
  /** When a ban ends. */
  readonly retryAt: Date | null;
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
    .leftJoin('session_ends', 'session_ends.service_id', 'sessions.service_id')
    .select(['state', 'detail', 'qr', 'phone', 'lid', 'name', 'retry_at as retryAt'])
    .where('sessions.service_id', '=', serviceId)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * The services that want a connection, and those whose credentials have to be deleted at some time,
 * so that a start can bring them back.
 */
export function listWantedSessions(database: Database): Promise<WantedSession[]> {
  return database.query
    .selectFrom('sessions')
    .innerJoin('services', 'services.id', 'sessions.service_id')
    .leftJoin('session_ends', 'session_ends.service_id', 'sessions.service_id')
    .select(['sessions.service_id as serviceId', 'services.mode', 'sessions.state'])
    .where(sql<boolean>`
      (sessions.is_wanted AND services.state = 'active') OR session_ends.forget_at IS NOT NULL`)
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

/** Keeps a session's new state, and with it who the account is. */
export async function recordSession(
  database: Database,
  serviceId: ServiceId,
  { account, ...news }: SessionNews,
): Promise<void> {
  await database.query
    .updateTable('sessions')
    .set({
      ...news,
      ...account,
      changed_at: sql<Date>`now()`,
      ...(news.state === 'connected' ? { connected_at: sql<Date>`now()` } : {}),
    })
    .where('service_id', '=', serviceId)
    .execute();
}
