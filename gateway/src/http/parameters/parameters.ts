import { withLatinDigits } from '../../domain/digits.ts';
import { Problem } from '../../domain/errors.ts';

/** What a caller sent under one name. */
export interface ParameterValues {
  /** In the order sent. */
  readonly values: readonly string[];
  /** Written as a list: repeated, `name[]`, `name[0]` or a JSON array, even of one. */
  readonly isList: boolean;
}

/**
 * The parameters of a request in one flat shape, whatever form they came in. A map, so that no name
 * can reach a prototype.
 */
export type Parameters = ReadonlyMap<string, ParameterValues>;

const NONE: ParameterValues = { values: [], isList: false };

/**
 * A parameter that holds one value.
 * @returns undefined when it was not sent
 * @throws Problem `invalid_parameter` when it was sent several times
 */
export function single(parameters: Parameters, name: string): string | undefined {
  const found = parameters.get(name);
  if (found === undefined) return undefined;
  if (found.values.length > 1) {
    throw new Problem('invalid_parameter', `The parameter "${name}" takes one value.`);
  }
  return found.values[0];
}

/**
 * A parameter that must be there.
 * @throws Problem `missing_parameter` when it is absent or blank
 */
export function required(parameters: Parameters, name: string): string {
  const value = single(parameters, name);
  if (value === undefined || value.trim() === '') {
    throw new Problem('missing_parameter', `The parameter "${name}" is missing.`);
  }
  return value;
}

/** A parameter that may hold several values; absent and a lone blank are no values. */
export function several(parameters: Parameters, name: string): ParameterValues {
  const found = parameters.get(name);
  if (found === undefined) return NONE;
  return found.values.length === 1 && found.values[0]?.trim() === '' ? NONE : found;
}

/**
 * A whole number of at least `least`.
 * @returns `fallback` when it is absent or blank
 * @throws Problem `invalid_parameter`
 */
export function wholeNumber(
  parameters: Parameters,
  name: string,
  least: number,
  fallback: number,
): number {
  const written = withLatinDigits(single(parameters, name)?.trim() ?? '');
  if (written === '') return fallback;
  const number = Number(written);
  if (!/^\d{1,15}$/.test(written) || number < least) {
    throw new Problem(
      'invalid_parameter',
      `The parameter "${name}" must be a whole number from ${least} up.`,
    );
  }
  return number;
}
