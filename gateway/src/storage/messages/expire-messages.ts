import type { Pool } from 'pg';
import type { MessageId, ServiceId } from '../../domain/ids.ts';
import { believedNow } from '../clock/believed-now.ts';

// Looking alone takes no locks, and mostly nothing has expired.
const IS_ANY_OVER = `
  SELECT FROM messages
  WHERE expires_at <= ${believedNow('$1')} AND state IN ('accepted', 'fetching', 'ready', 'held') LIMIT 1`;

const EXPIRE = `
  WITH over AS (
    SELECT service_id, id FROM messages
    WHERE expires_at <= ${believedNow('$2')} AND state IN ('accepted', 'fetching', 'ready', 'held')
    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)
  UPDATE messages m SET state = 'expired'
  FROM over WHERE m.service_id = over.service_id AND m.id = over.id
  RETURNING m.service_id AS "serviceId", m.id`;

/** A message that was not sent in time. */
export interface ExpiredMessage {
  readonly serviceId: ServiceId;
  readonly id: MessageId;
}

/**
 * Ends waiting messages, of any service, whose time is over by the database's clock. Several
 * processes may do so at once: each takes others.
 * @param believedMs the time that this process believes; null for the database's
 * @param countMax the most messages to end; when as many are returned there may be more
 */
export async function expireMessages(
  pool: Pool,
  countMax: number,
  believedMs: number | null = null,
): Promise<ExpiredMessage[]> {
  const { rowCount } = await pool.query({
    name: 'is-any-message-over',
    text: IS_ANY_OVER,
    values: [believedMs],
  });
  if (rowCount === 0) return [];
  const result = await pool.query<ExpiredMessage>({
    name: 'expire-messages',
    text: EXPIRE,
    values: [countMax, believedMs],
  });
  return result.rows;
}
