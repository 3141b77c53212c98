import { sql } from 'kysely';
import type { ServiceId } from '../../domain/ids.ts';
import type { Database } from '../database.ts';

/** How alive the open connection of a service is. */
export interface SessionHealthNews {
  readonly serviceId: ServiceId;
  /** How long ago WhatsApp was heard of last. */
  readonly quietMs: number;
  /** WhatsApp takes unusually long to answer, or does not answer at all. */
  readonly isSlow: boolean;
  /** How long WhatsApp took to accept the latest message, where there was one. */
  readonly answerMs: number | null;
}

/** Keeps how alive many connections are, in one statement. */
export async function recordSessionHealth(
  database: Database,
  news: readonly SessionHealthNews[],
): Promise<void> {
  if (news.length === 0) return;
  const rows = JSON.stringify(news);
  await sql`
    INSERT INTO session_health (service_id, heard_at, is_slow, answer_ms)
    SELECT services.id, now() - news."quietMs" * interval '1 millisecond', news."isSlow",
           round(news."answerMs")
    FROM jsonb_to_recordset(${rows}::jsonb)
           AS news("serviceId" bigint, "quietMs" float8, "isSlow" boolean, "answerMs" float8)
    JOIN services ON services.id = news."serviceId"
    ON CONFLICT (service_id) DO UPDATE SET
      heard_at = greatest(session_health.heard_at, excluded.heard_at),
      is_slow = excluded.is_slow,
      answer_ms = excluded.answer_ms`.execute(database.query);
}
