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

/** The same, read: one of the two at most. */
interface Expiry {
  /** Milliseconds since 1970. */
  readonly expiresAtMs: number | null;
  readonly validMs: number | null;
}

/**
 * Reads when a message expires, as far as that can be told without knowing when it is sent.
 * @throws Problem `invalid_expiry`
 */
export function readExpiry({ expiresAt, validity }: WrittenExpiry): Expiry {
  const expiresAtMs = parseUnixTime(expiresAt);
  const validMs = parseValidity(validity);
  if (expiresAtMs === undefined) refuse('The expiresAt must be a Unix time: digits only.');
  if (expiresAtMs !== null && validMs !== null) {
    refuse('Give expiresAt or validity, not both.');
  }
  return { expiresAtMs, validMs };
}

/**
 * Reads when a message expires. `validity` counts from the schedule, or from now without one: what
 * is to be sent tomorrow is not over before.
 * @param scheduledAtMs milliseconds since 1970, or null for now
 * @returns milliseconds since 1970, or null for never
 * @throws Problem `invalid_expiry`
 */
export function parseExpiry(
  written: WrittenExpiry,
  scheduledAtMs: number | null,
  nowMs: number,
): number | null {
  const { expiresAtMs, validMs } = readExpiry(written);
  const firstMs = scheduledAtMs ?? nowMs;
  if (validMs !== null) return firstMs + validMs;
  if (expiresAtMs === null) return null;
  if (expiresAtMs <= nowMs) refuse('The expiresAt lies in the past.');
  if (expiresAtMs <= firstMs) refuse('The message would expire before its schedule.');
  if (expiresAtMs - firstMs > VALIDITY_SECONDS_MAX * 1000) {
    refuse('The expiresAt lies more than 30 days after the message is to be sent.');
  }
  return expiresAtMs;
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
