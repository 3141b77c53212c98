import type { FastifyRequest } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { single, type Parameters } from './parameters.ts';

const CHARACTERS_MAX = 255;

/**
 * The caller's own name for this call, from the header `Idempotency-Key` or the parameter
 * `idempotencyKey`; null when there is none.
 * @throws Problem `invalid_parameter`
 */
export function readIdempotencyKey(request: FastifyRequest, parameters: Parameters): string | null {
  const header = request.headers['idempotency-key'];
  const written = typeof header === 'string' ? header : single(parameters, 'idempotencyKey');
  const key = written?.trim() ?? '';
  if (key.length > CHARACTERS_MAX) {
    throw new Problem(
      'invalid_parameter',
      `An idempotency key has at most ${CHARACTERS_MAX} characters.`,
    );
  }
  return key === '' ? null : key;
}
