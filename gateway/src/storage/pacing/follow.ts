import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

// A first look at an account that has sent before takes its first message for its beginning.
const BEGIN = `
  INSERT INTO paces (service_id, phone, linked_at, is_following)
  SELECT $1, $2, coalesce(min(executed_at), now()), true FROM messages WHERE service_id = $1
  ON CONFLICT (service_id) DO UPDATE SET is_following = true`;

const IS_OTHER_NUMBER = `SELECT FROM paces WHERE service_id = $1 AND phone <> $2`;

const BEGIN_ANEW = `
  UPDATE paces SET phone = $2, linked_at = now(), is_following = true, next_at = 'epoch',
    next_opening_at = 'epoch', new_chats_paused_until = 'epoch', paused_until = 'epoch',
    cap_asked_at = 'epoch', cap_left = NULL, cap_ends_at = NULL, slowdown = 1, slowed_at = 'epoch',
    strikes = 0
  WHERE service_id = $1`;

// What was sent while nobody kept the chats. Who was written to first counts as a new chat.
const LEARN_SENT = `
  INSERT INTO chats (service_id, chat, opened_at, last_sent_at)
  SELECT $1, m.chat, CASE WHEN NOT bool_or(m.is_group) THEN min(m.executed_at) END,
         max(m.executed_at)
  FROM messages m JOIN paces ON paces.service_id = m.service_id
  WHERE m.service_id = $1 AND m.executed_at >= paces.linked_at
  GROUP BY m.chat
  ON CONFLICT (service_id, chat) DO UPDATE SET
    opened_at = CASE WHEN chats.last_sent_at IS NULL THEN excluded.opened_at
                     ELSE chats.opened_at END,
    last_sent_at = greatest(chats.last_sent_at, excluded.last_sent_at)`;

const LEARN_RECEIVED = `
  INSERT INTO chats (service_id, chat, last_received_at)
  SELECT $1, r.from_phone, max(r.received_at)
  FROM received_messages r JOIN paces ON paces.service_id = r.service_id
  WHERE r.service_id = $1 AND r.group_id = '' AND r.from_phone IS NOT NULL
    AND r.received_at >= paces.linked_at
  GROUP BY r.from_phone
  ON CONFLICT (service_id, chat) DO UPDATE SET
    last_received_at = greatest(chats.last_received_at, excluded.last_received_at)`;

/**
 * Begins to keep the chats of an account, and learns those of the time before. Another number than
 * before begins anew: what the old one did says nothing about it.
 */
export async function beginFollowing(
  database: Database,
  serviceId: ServiceId,
  phone: string,
): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    const { rowCount } = await client.query(IS_OTHER_NUMBER, [serviceId, phone]);
    if (rowCount === 1) {
      await client.query(BEGIN_ANEW, [serviceId, phone]);
      await client.query('DELETE FROM chats WHERE service_id = $1', [serviceId]);
    } else {
      await client.query(BEGIN, [serviceId, phone]);
      await client.query(LEARN_SENT, [serviceId]);
      await client.query(LEARN_RECEIVED, [serviceId]);
    }
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}

const END = `
  WITH ended AS (
    UPDATE paces SET is_following = false WHERE service_id = $1)
  UPDATE messages SET state = 'ready' WHERE service_id = $1 AND state = 'held'`;

/** Ends it: the account is unpaced from now on, and what was held joins the queue again. */
export async function endFollowing(database: Database, serviceId: ServiceId): Promise<void> {
  await database.pool.query(END, [serviceId]);
}
