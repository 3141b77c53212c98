import { Problem } from './errors.ts';
import { digitsOf } from './phone-number.ts';

const COUNTRY_CODE_FORM = /^[1-9]\d{0,3}$/;
const WRITTEN_FORM = /^[+\d\s\u0660-\u0669\u06f0-\u06f9]+$/;

/**
 * A calling code as people write it: `44`, `+44`, `0044`.
 * @returns digits alone
 * @throws Problem `invalid_parameter`
 */
export function parseCountryCode(written: string): string {
  const digits = digitsOf(written).replace(/^00/, '');
  if (!WRITTEN_FORM.test(written) || !COUNTRY_CODE_FORM.test(digits)) {
    throw new Problem(
      'invalid_parameter',
      'The countryCode must be a calling code of 1 to 4 digits, such as 44.',
    );
  }
  return digits;
}
