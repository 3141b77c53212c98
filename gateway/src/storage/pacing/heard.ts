/**
 * The CTEs by which the statement that keeps received messages also keeps who wrote to a paced
 * account: an answer to them is no new chat, so nothing of theirs is held any more. Its CTE `m` holds
 * the received messages with `service_id, group_id, from_phone, sent_ms`.
 *
 * People who write their own number in another way than WhatsApp does are found by what was looked
 * up. Nothing happens for accounts that are not paced.
 */
export const KEEP_HEARD = `
  heard AS (
    SELECT m.service_id, m.from_phone AS chat,
           max(least(to_timestamp(m.sent_ms / 1000.0), now())) AS at
    FROM m JOIN paces ON paces.service_id = m.service_id AND paces.is_following
    WHERE m.group_id = '' AND m.from_phone IS NOT NULL
    GROUP BY m.service_id, m.from_phone),
  heard_chats AS (
    SELECT service_id, chat, at FROM heard
    UNION
    SELECT heard.service_id, lookups.phone, heard.at
    FROM heard JOIN lookups ON lookups.service_id = heard.service_id
      AND lookups.whatsapp_phone = heard.chat AND lookups.whatsapp_phone <> lookups.phone),
  kept_heard AS (
    INSERT INTO chats (service_id, chat, last_received_at)
    SELECT service_id, chat, max(at) FROM heard_chats GROUP BY service_id, chat
    ORDER BY service_id, chat
    ON CONFLICT (service_id, chat) DO UPDATE SET
      last_received_at = greatest(chats.last_received_at, excluded.last_received_at)),
  freed AS (
    UPDATE messages SET state = 'ready'
    FROM heard_chats WHERE messages.service_id = heard_chats.service_id
      AND messages.chat = heard_chats.chat AND messages.state = 'held')`;
