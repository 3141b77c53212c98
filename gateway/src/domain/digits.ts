const OTHER_DIGITS = /[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]/g;
const ARABIC_DECIMAL_SEPARATOR = /\u066b/g;

/** The text with Arabic, Persian and full-width digits as Latin ones, and the Arabic decimal point. */
export function withLatinDigits(text: string): string {
  return (
    text
      // Each of these scripts has its zero at a multiple of 16.
      .replace(OTHER_DIGITS, (digit) => String((digit.codePointAt(0) ?? 0) % 16))
      .replace(ARABIC_DECIMAL_SEPARATOR, '.')
  );
}
