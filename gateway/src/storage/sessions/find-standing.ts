import type { Pool } from 'pg';
import type { ConnectionState } from '../../domain/connection-state.ts';
import type { ServiceId } from '../../domain/ids.ts';

/** How an account stands, seen from a process that does not hold it. */
export interface SessionStanding {
  readonly state: ConnectionState;
  readonly qr: string | null;
  readonly isLinked: boolean;
  /** Somebody holds the account who is alive. */
  readonly isHeld: boolean;
  /** The state is the present holder's word, not that of one before. */
  readonly isCurrent: boolean;
}

/** Longer than a living worker ever rests between two heartbeats. */
const SILENT_SECONDS_MAX = 10;

const FIND = `
  SELECT s.state, s.qr, s.is_linked AS "isLinked", w.id IS NOT NULL AS "isHeld",
         w.id IS NOT NULL AND s.changed_at >= l.taken_at AS "isCurrent"
  FROM sessions s
  LEFT JOIN leases l ON l.service_id = s.service_id
  LEFT JOIN workers w ON w.id = l.worker_id AND w.beat_at > now() - make_interval(secs => $2)
  WHERE s.service_id = $1`;

/** @returns null for an unknown service */
export async function findStanding(
  pool: Pool,
  serviceId: ServiceId,
): Promise<SessionStanding | null> {
  const { rows } = await pool.query<SessionStanding>({
    name: 'find-standing',
    text: FIND,
    values: [serviceId, SILENT_SECONDS_MAX],
  });
  return rows[0] ?? null;
}
