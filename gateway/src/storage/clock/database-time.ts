/**
 * What time it is at the database, as a pure function of readings of its clock.
 *
 * A reading is anchored to this process's monotonic clock, which goes on by itself: between readings
 * the time is the last one plus what has passed since. Small differences are followed at once; they
 * are drift, or what time servers correct.
 *
 * A reading that differs by more than an hour is a **jump**. Somebody may have set the clock, or it
 * may be wrong for a minute after a restart of the machine. Until it has stayed for ten minutes it
 * is only *suspected*: the time goes on as before, so that nothing scheduled for next week goes out
 * today and nothing expires; it can wait, while what was sent can not be called back. Then it is
 * believed. A clock that goes back before that was never believed.
 */
export interface DatabaseTime {
  /** Database time minus monotonic time, milliseconds; null before the first reading. */
  readonly offsetMs: number | null;
  /** A jump that is not believed yet. */
  readonly suspicion: { readonly offsetMs: number; readonly sinceMs: number } | null;
}

/** What a reading tells beside the time. */
export type ClockNews = 'jumped' | 'believed' | 'returned' | null;

export const NO_TIME: DatabaseTime = { offsetMs: null, suspicion: null };

const JUMP_MS = 3_600_000;
const BELIEVED_AFTER_MS = 600_000;

/**
 * @param databaseMs the database's clock, milliseconds since 1970
 * @param monotonicMs this process's monotonic clock when it was read
 */
export function readTime(
  time: DatabaseTime,
  databaseMs: number,
  monotonicMs: number,
): { readonly time: DatabaseTime; readonly news: ClockNews } {
  const offsetMs = databaseMs - monotonicMs;
  const { offsetMs: believedMs, suspicion } = time;
  if (believedMs === null || Math.abs(offsetMs - believedMs) <= JUMP_MS) {
    const news = suspicion === null ? null : 'returned';
    return { time: { offsetMs, suspicion: null }, news };
  }
  if (suspicion === null || Math.abs(offsetMs - suspicion.offsetMs) > JUMP_MS) {
    const suspected = { offsetMs, sinceMs: monotonicMs };
    return { time: { offsetMs: believedMs, suspicion: suspected }, news: 'jumped' };
  }
  if (monotonicMs - suspicion.sinceMs < BELIEVED_AFTER_MS) return { time, news: null };
  return { time: { offsetMs, suspicion: null }, news: 'believed' };
}
