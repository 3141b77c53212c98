import type { Pool } from 'pg';

// Only the latest of several days is told to who hears of it for the first time. A notice that is
// kept already, by whatever process, is not told again; the event is kept with it or not at all.
const TELL = `
  WITH ends AS (
    SELECT id, 'service.expiring' AS type, expires_at AS ends_at FROM services
    WHERE state = 'active' AND expires_at > now() AND expires_at <= now() + $1::int * interval '1 day'
    UNION ALL
    SELECT id, 'service.removing', greatest(suspended_at, expires_at) + $3::int * interval '1 day'
    FROM services
    WHERE state = 'suspended' AND greatest(suspended_at, expires_at) > now() - $3::int * interval '1 day'
      AND greatest(suspended_at, expires_at) <= now() + ($1::int - $3::int) * interval '1 day'
    UNION ALL
    SELECT -id, 'subscription.ending', subscription_ends_at FROM agents
    WHERE subscription_ends_at > now() AND subscription_ends_at <= now() + $1::int * interval '1 day'),
  due AS (
    SELECT ends.*, (SELECT min(days) FROM unnest($2::int[]) AS days
                    WHERE ends_at <= now() + days * interval '1 day') AS days_left
    FROM ends),
  told AS (
    INSERT INTO end_notices (listener_id, type, ends_at, days_left)
    SELECT id, type, ends_at, days_left FROM due
    WHERE NOT EXISTS (
      SELECT FROM end_notices n
      WHERE n.listener_id = due.id AND n.type = due.type AND n.ends_at = due.ends_at
        AND n.days_left = due.days_left)
    ON CONFLICT DO NOTHING
    RETURNING listener_id, type, ends_at, days_left)
  SELECT keep_event(listener_id, type, CASE WHEN listener_id < 0 THEN 'agent' ELSE 'service' END,
                    json_build_object('daysLeft', days_left, 'endsAt', ends_at))
  FROM told ORDER BY listener_id`;

const FORGET = `DELETE FROM end_notices WHERE ends_at < now() - interval '1 day'`;

/**
 * Tells the listeners of services whose time ends soon, and of suspended ones that are removed soon,
 * and agents whose own subscription ends soon.
 * @param days how many days before it is told
 * @param removalDays how long a suspended service is kept
 * @returns how many were told
 */
export async function tellEnds(
  pool: Pool,
  days: readonly number[],
  removalDays: number,
): Promise<number> {
  const { rowCount } = await pool.query(TELL, [Math.max(...days), days, removalDays]);
  await pool.query(FORGET);
  return rowCount ?? 0;
}
