import type { Pool } from 'pg';

/** How many services time has something to do to. */
export interface OverdueCount {
  readonly dueCount: number;
  /** All that are not removed. */
  readonly servicesCount: number;
  /** The database's clock, milliseconds since 1970. */
  readonly nowMs: number;
}

const COUNT_OVERDUE = `
  SELECT
    (SELECT count(*) FROM services WHERE state = 'active' AND expires_at <= now())
    + (SELECT count(*) FROM services WHERE state = 'suspended'
         AND greatest(suspended_at, expires_at) <= now() - make_interval(days => $1)) AS due,
    (SELECT count(*) FROM services WHERE state <> 'removed') AS services,
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms`;

/** @param removalDays how long a suspended service is kept */
export async function countOverdue(pool: Pool, removalDays: number): Promise<OverdueCount> {
  const { rows } = await pool.query<{ due: number; services: number; now_ms: number }>(
    COUNT_OVERDUE,
    [removalDays],
  );
  const [row] = rows;
  return { dueCount: row?.due ?? 0, servicesCount: row?.services ?? 0, nowMs: row?.now_ms ?? 0 };
}
