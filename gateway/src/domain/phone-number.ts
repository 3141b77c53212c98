import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { withLatinDigits } from './digits.ts';
import { Problem } from './errors.ts';
import { isPossibleNumber } from './possible-number.ts';

/** A phone number in full international form, digits only, without `+` (8 to 15 digits). */
export type PhoneNumber = string & { readonly brand: 'PhoneNumber' };

const DIGITS_MIN = 8;
const DIGITS_MAX = 15;
const IGNORED_CHARACTERS = /[\s\-().\u00a0\u200e\u200f\u202a-\u202e\u2066-\u2069\u2010-\u2015]/g;

/**
 * Brings a phone number as people write it to its one form.
 *
 * Spaces, dashes, brackets, dots, a leading `+` or `00` are dropped; Arabic, Persian and full-width
 * digits are digits; a leading single `0` is replaced by the country code.
 * @param written as the caller wrote it
 * @param countryCode the service's country code, digits, or null when it has none
 * @throws Problem `invalid_phone_number`
 */
export function parsePhoneNumber(written: string, countryCode: string | null): PhoneNumber {
  const plain = withLatinDigits(written).replace(IGNORED_CHARACTERS, '');
  const international = toInternational(plain, countryCode);
  if (!/^\d+$/.test(international)) {
    throw refusal(written, 'it may hold digits, spaces, dashes, dots, brackets and a leading +');
  }
  if (international.length < DIGITS_MIN || international.length > DIGITS_MAX) {
    throw refusal(written, `it must have ${DIGITS_MIN} to ${DIGITS_MAX} digits`);
  }
  if (!isPossibleNumber(international)) throw refusal(written, 'no such number can exist');
  return international as PhoneNumber;
}

/** Digits of a filter such as `+1 (555)`: non-Latin digits become Latin, all else is dropped. */
export function digitsOf(text: string): string {
  return withLatinDigits(text).replace(/\D/g, '');
}

/** The calling code a full number begins with (`447400000001` -> `44`), or null. */
export function callingCodeOf(phone: string): string | null {
  return parsePhoneNumberFromString(`+${phone}`)?.countryCallingCode ?? null;
}

function toInternational(plain: string, countryCode: string | null): string {
  if (plain.startsWith('+')) return plain.slice(1);
  if (plain.startsWith('00')) return plain.slice(2);
  if (plain.startsWith('0')) {
    if (countryCode === null) {
      throw refusal(plain, 'it begins with 0 and the service has no country code');
    }
    return countryCode + plain.slice(1);
  }
  return plain;
}

function refusal(written: string, why: string): Problem {
  const shown = written.length > 40 ? `${written.slice(0, 40)}...` : written;
  return new Problem('invalid_phone_number', `"${shown}" is not a possible phone number: ${why}.`);
}
