import { Problem } from './errors.ts';

/** Money in minor units (cents). Never a fraction. */
export type Cents = number & { readonly brand: 'Cents' };

const AMOUNT_FORM = /^(\d{1,12})(?:\.(\d{1,2}))?$/;

export const cents = (value: number): Cents => value as Cents;

/**
 * Reads `"100"`, `"100.5"` or `"100.50"`.
 * @throws Problem `invalid_parameter`
 */
export function parseAmount(written: string, parameter: string): Cents {
  const match = AMOUNT_FORM.exec(written.trim());
  if (match === null) {
    throw new Problem('invalid_parameter', `The ${parameter} must be an amount such as "100.00".`);
  }
  return cents(Number(match[1]) * 100 + Number((match[2] ?? '0').padEnd(2, '0')));
}

/** `14500` -> `"145.00"`, `-550` -> `"-5.50"`. */
export function formatAmount(amount: Cents): string {
  const size = Math.abs(amount);
  const sign = amount < 0 ? '-' : '';
  return `${sign}${Math.trunc(size / 100)}.${String(size % 100).padStart(2, '0')}`;
}
