import { Problem } from '../../domain/errors.ts';
import { single, type Parameters } from './parameters.ts';

const SPELLINGS = new Map([
  ['on', true],
  ['true', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['0', false],
]);

/**
 * A parameter that is on or off, in any of the usual spellings.
 * @returns null when it is absent or blank
 * @throws Problem `invalid_parameter`
 */
export function switchIn(parameters: Parameters, name: string): boolean | null {
  const written = single(parameters, name)?.trim() ?? '';
  if (written === '') return null;
  const isOn = SPELLINGS.get(written.toLowerCase());
  if (isOn === undefined) {
    throw new Problem('invalid_parameter', `The ${name} must be "on" or "off".`);
  }
  return isOn;
}
