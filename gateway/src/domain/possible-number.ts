import {
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
  type CountryCode,
} from 'libphonenumber-js/min';

const CALLING_CODE_DIGITS_MAX = 3;

/**
 * Whether a full international number can exist by libphonenumber's count of digits.
 *
 * The library looks for the exact country with dozens of regular expressions, which would be a fifth
 * of the CPU of accepting a message. Where all countries of the calling code agree on the length, the
 * country can not matter; all other numbers go the full way.
 * @param international digits only, without `+`
 */
export function isPossibleNumber(international: string): boolean {
  return isPossibleAnywhere(international) || isPossibleInItsCountry(international);
}

/** The library's full judgement. */
export function isPossibleInItsCountry(international: string): boolean {
  return parsePhoneNumberFromString(`+${international}`)?.isPossible() ?? false;
}

/** Never true for a number that the full judgement refuses. */
function isPossibleAnywhere(international: string): boolean {
  for (let digits = 1; digits <= CALLING_CODE_DIGITS_MAX; digits += 1) {
    const lengths = COMMON_LENGTHS.get(international.slice(0, digits));
    // No calling code begins with another one, so the first found is the one.
    if (lengths !== undefined) return lengths.has(international.length - digits);
  }
  return false;
}

/** For each calling code the lengths of the national part that all its countries allow. */
const COMMON_LENGTHS: ReadonlyMap<string, ReadonlySet<number>> = collectCommonLengths();

function collectCommonLengths(): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  for (const country of getCountries()) {
    const code = getCountryCallingCode(country);
    const lengths = possibleLengths(country);
    const earlier = found.get(code);
    found.set(
      code,
      new Set(lengths.filter((length) => earlier === undefined || earlier.has(length))),
    );
  }
  return found;
}

function possibleLengths(country: CountryCode): number[] {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(country);
  return metadata.numberingPlan?.possibleLengths() ?? [];
}
