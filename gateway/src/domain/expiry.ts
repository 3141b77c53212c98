import { withLatinDigits } from './digits.ts';
import { Problem } from './errors.ts';
import { parseUnixTime } from './schedule.ts';

const VALIDITY_SECONDS_MIN = 60;
const VALIDITY_SECONDS_MAX = 30 * 24 * 60 * 60;

/** When a message is not to be sent any more, in one of two ways. */
export interface WrittenExpiry {
  /** A Unix time in UTC, in seconds, or in milliseconds when it is that long. */
  readonly expiresAt: string | undefined;
  /** Seconds after the message could be sent first. */
  readonly validity: string | undefined;
}

/**
 * Reads when a message expires. `validity` counts from the schedule, or from now without one: what
 * is to be sent tomorrow is not over before.
 * @param scheduledAtMs milliseconds since 1970, or null for now
 * @returns milliseconds since 1970, or null for never
 * @throws Problem `invalid_expiry`
 */
export function parseExpiry(
  { expiresAt, validity }: WrittenExpiry,
  scheduledAtMs: number | null,
  nowMs: number,
): number | null {
  const atMs = parseUnixTime(expiresAt);
  const validMs = parseValidity(validity);
  if (atMs === undefined) refuse('The expiresAt must be a Unix time: digits only.');
  if (atMs !== null && validMs !== null) refuse('Give expiresAt or validity, not both.');
  const firstMs = scheduledAtMs ?? nowMs;
  if (validMs !== null) return firstMs + validMs;
  if (atMs === null) return null;
  if (atMs <= nowMs) refuse('The expiresAt lies in the past.');
  if (atMs <= firstMs) refuse('The message would expire before its schedule.');
  if (atMs - firstMs > VALIDITY_SECONDS_MAX * 1000) {
    refuse('The expiresAt lies more than 30 days after the message is to be sent.');
  }
  return atMs;
}

function parseValidity(written: string | undefined): number | null {
  const text = withLatinDigits(written?.trim() ?? '');
  if (text === '') return null;
  const seconds = Number(text);
  const isInRange = seconds >= VALIDITY_SECONDS_MIN && seconds <= VALIDITY_SECONDS_MAX;
  if (!/^\d{1,9}$/.test(text) || !isInRange) {
    refuse(
      `The validity must be a whole number of seconds from ${VALIDITY_SECONDS_MIN} to ${VALIDITY_SECONDS_MAX}.`,
    );
  }
  return seconds * 1000;
}

function refuse(sentence: string): never {
  throw new Problem('invalid_expiry', sentence);
}
