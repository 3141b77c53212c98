import { Problem } from '../../domain/errors.ts';
import { single, type Parameters } from '../parameters/parameters.ts';

const HOURS_DEFAULT = 24;
const HOURS_MAX = 720;
const HOUR_MS = 3_600_000;

/**
 * How long a key that is replaced works yet: `overlapHours`, a day without it.
 * @returns milliseconds
 * @throws Problem `invalid_parameter`
 */
export function readOverlap(parameters: Parameters): number {
  const written = single(parameters, 'overlapHours')?.trim() || String(HOURS_DEFAULT);
  const hours = /^\d{1,3}$/.test(written) ? Number(written) : Number.NaN;
  if (!(hours <= HOURS_MAX)) {
    throw new Problem('invalid_parameter', `The overlapHours must be from 0 to ${HOURS_MAX}.`);
  }
  return hours * HOUR_MS;
}
