/** More than this is a jump: as in `database-time.ts`. */
const JUMP_MS = 3_600_000;

/**
 * The time for a statement that decides what is due or over: the database's own, unless that has
 * jumped away from what the process that asks believes. The statement itself has to see that: a jump
 * may be as young as its own begin.
 * @param parameter holds the process's belief (`Clock.now()`), milliseconds since 1970; or null
 */
export function believedNow(parameter: string): string {
  const belief = `${parameter}::float8`;
  return `(CASE WHEN abs(extract(epoch FROM now()) * 1000 - ${belief}) > ${JUMP_MS}
                THEN to_timestamp(${belief} / 1000) ELSE now() END)`;
}
