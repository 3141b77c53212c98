import { sql } from 'kysely';
import type { ConnectionState } from '../../domain/connection-state.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

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

/** Keeps what a refusal demands; nothing is kept when it demands nothing any more. */
export async function recordSessionEnd(
  database: Database,
  serviceId: ServiceId,
  { notBeforeInMs, forgetInMs }: SessionEnd,
): Promise<void> {
  if (notBeforeInMs === null && forgetInMs === null) {
    await database.query.deleteFrom('session_ends').where('service_id', '=', serviceId).execute();
    return;
  }
  const times = { retry_at: fromNow(notBeforeInMs), forget_at: fromNow(forgetInMs) };
  await database.query
    .insertInto('session_ends')
    .values({ service_id: serviceId, ...times })
    .onConflict((conflict) => conflict.column('service_id').doUpdateSet(times))
    .execute();
}

function fromNow(inMs: number | null) {
  return sql<Date | null>`now() + ${inMs}::float8 * interval '1 millisecond'`;
}
