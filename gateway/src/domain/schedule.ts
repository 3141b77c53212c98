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
  const atMs = parseUnixTime(written);
  if (atMs === null) return null;
  if (atMs === undefined) {
    throw new Problem('invalid_schedule', 'The schedule must be a Unix time: digits only.');
  }
  if (atMs <= nowMs) return null;
  if (atMs - nowMs > AHEAD_MS_MAX) {
    throw new Problem('invalid_schedule', 'The schedule lies more than a year ahead.');
  }
  return atMs;
}

/**
 * @param written seconds since 1970, or milliseconds when it is that long
 * @returns milliseconds since 1970, null for nothing, undefined for what is no such time
 */
export function parseUnixTime(written: string | undefined): number | null | undefined {
  const text = withLatinDigits(written?.trim() ?? '');
  if (text === '') return null;
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return number > SECONDS_MAX ? number : number * 1000;
}
