import { sql } from 'kysely';
import type { ConnectionState } from '../../domain/connection-state.ts';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';
import { SERVICE_COLUMNS, type Service } from './service.ts';

/** A service with what its operator wants to see at a glance. */
export interface ServiceOverview extends Service {
  /** The API key, sealed under the context `api-keys` and the name `key`. */
  readonly keySealed: Buffer;
  readonly connectionState: ConnectionState;
  readonly connectionDetail: string | null;
  /** When a ban ends. */
  readonly retryAt: Date | null;
  readonly phone: string | null;
  /** When WhatsApp was heard of last over the service's connection. */
  readonly lastHeardAt: Date | null;
  readonly isSlow: boolean | null;
  /** How long WhatsApp took to accept the latest message. */
  readonly answerMs: number | null;
  readonly webhookUrl: string | null;
  /** Messages accepted and not yet answered by WhatsApp, scheduled ones included. */
  readonly queueDepth: number;
}

/** All services that were not removed, oldest first; only an agent's own when one is given. */
export async function listServices(
  database: Database,
  agentId: number | null,
): Promise<ServiceOverview[]> {
  let services = selectOverviews(database);
  if (agentId !== null) services = services.where(sql`services.agent_id`, '=', agentId);
  return services.execute();
}

/** @returns null for a service that is unknown or was removed */
export async function findOverview(
  database: Database,
  serviceId: ServiceId,
): Promise<ServiceOverview | null> {
  const services = selectOverviews(database).where('services.id', '=', serviceId);
  return (await services.executeTakeFirst()) ?? null;
}

function selectOverviews(database: Database) {
  return database.query
    .selectFrom('services')
    .innerJoin('sessions', 'sessions.service_id', 'services.id')
    .leftJoin('session_ends', 'session_ends.service_id', 'services.id')
    .leftJoin('session_health', 'session_health.service_id', 'services.id')
    .leftJoin('webhooks', 'webhooks.listener_id', 'services.id')
    .select(SERVICE_COLUMNS)
    .select([
      'webhooks.url as webhookUrl',
      'services.key_sealed as keySealed',
      'sessions.state as connectionState',
      'sessions.detail as connectionDetail',
      'session_ends.retry_at as retryAt',
      'sessions.phone',
      sql<Date | null>`greatest(session_health.heard_at, sessions.connected_at)`.as('lastHeardAt'),
      'session_health.is_slow as isSlow',
      'session_health.answer_ms as answerMs',
      sql<number>`(SELECT count(*) FROM messages
        WHERE messages.service_id = services.id
          AND messages.state IN ('accepted', 'fetching', 'ready', 'held', 'sending'))`.as(
        'queueDepth',
      ),
    ])
    .where('services.state', '<>', 'removed')
    .orderBy('services.id');
}
