import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

import { Refusal } from '../refusal.ts';
import type { RefusalKind } from '../refusal.ts';

const STATUS: Readonly<Record<RefusalKind, number>> = { invalid: 400, unknown: 404, conflict: 409 };

/** Every error leaves as `{"success":"false","message":"A sentence.","code":"a_name"}`. */
export function answerError(
  error: FastifyError | Error,
  _request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (error instanceof Refusal) {
    return reply.code(STATUS[error.kind]).send(errorBody(error.message, error.code));
  }
  const status = ('statusCode' in error ? error.statusCode : undefined) ?? 500;
  const code = status >= 500 ? 'internal_error' : 'bad_request';
  return reply.code(status).send(errorBody(error.message, code));
}

export function errorBody(message: string, code: string) {
  return { success: 'false', message, code };
}
