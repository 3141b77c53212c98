import { withLatinDigits } from './digits.ts';
import { Problem } from './errors.ts';

const AHEAD_MS_MAX = 366 * 24 * 60 * 60 * 1000;
/** Above this a number of seconds would lie in the year 5138, so it must be milliseconds. */
const SECONDS_MAX = 100_000_000_000;

/**
 * Reads a documented `schedule`: Unix time in UTC, in seconds, or in milliseconds when it is that long.
 * @param nowMs milliseconds since 1970
 * @returns the time in milliseconds since 1970, or null for now (absent, empty or in the past)
 * @throws Problem `invalid_schedule` when it is no number or more than a year ahead
 */
export function parseSchedule(written: string | undefined, nowMs: number): number | null {
  const text = withLatinDigits(written?.trim() ?? '');
  if (text === '') return null;
  if (!/^\d{1,16}$/.test(text)) {
    throw new Problem('invalid_schedule', 'The schedule must be a Unix time: digits only.');
  }
  const number = Number(text);
  const atMs = number > SECONDS_MAX ? number : number * 1000;
  if (atMs <= nowMs) return null;
  if (atMs - nowMs > AHEAD_MS_MAX) {
    throw new Problem('invalid_schedule', 'The schedule lies more than a year ahead.');
  }
  return atMs;
}
