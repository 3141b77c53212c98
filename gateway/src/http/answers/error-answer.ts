import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ERRORS, Problem, toError, type ErrorCode } from '../../domain/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { isDatabaseAway } from '../../storage/database-away.ts';

/**
 * How an endpoint writes its errors: as its documented success does. `success` and `status` carry
 * the text `"false"`, `boolean` carries `"success": false`.
 */
export type ErrorFamily = 'success' | 'status' | 'boolean';

declare module 'fastify' {
  interface FastifyContextConfig {
    errorFamily?: ErrorFamily;
    /** Answered as ever while the database hangs. */
    needsNoDatabase?: true;
  }
}

const RETRY_AFTER_SECONDS: Partial<Record<ErrorCode, number>> = {
  too_many_requests: 60,
  not_connected: 5,
  not_ready: 2,
  storage_full: 60,
};

/** Fastify's own refusals, in our words; all others with a 4xx status are a malformed body. */
const FRAMEWORK_ERRORS: Record<string, ErrorCode> = {
  FST_ERR_BAD_URL: 'malformed_url',
  FST_ERR_MAX_PARAM_LENGTH: 'malformed_url',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_content_type',
  FST_REQ_FILE_TOO_LARGE: 'body_too_large',
  FST_PARTS_LIMIT: 'body_too_large',
  FST_FIELDS_LIMIT: 'body_too_large',
  FST_FILES_LIMIT: 'body_too_large',
};

/** The body of an error. */
export function errorBody(family: ErrorFamily, problem: Problem): Record<string, unknown> {
  const { message, code } = problem;
  switch (family) {
    case 'success':
      return { success: 'false', message, code };
    case 'status':
      return { status: 'false', message, code };
    case 'boolean':
      return { success: false, message, code };
  }
}

/** Answers a problem in the family of the route. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
  const retryAfter = problem.retryAfterSeconds ?? RETRY_AFTER_SECONDS[problem.code];
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  const family = request.routeOptions.config.errorFamily ?? 'success';
  // A string, so that the route's own answer schema is not asked about an error.
  reply
    .code(problem.status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(family, problem)));
}

/**
 * Turns anything thrown into the problem the caller sees; what nobody expected is logged, with the
 * route's pattern and never its URL.
 */
export function problemOf(thrown: unknown, request: FastifyRequest, log: Log): Problem {
  if (thrown instanceof Problem) return thrown;
  const error = toError(thrown) as Error & Partial<FastifyError>;
  const route = request.routeOptions.url ?? null;
  if (isDatabaseAway(error)) {
    log.warn({ route, cause: error.message }, 'a request was refused: the database is away');
    return new Problem('not_ready');
  }
  const code = FRAMEWORK_ERRORS[error.code ?? ''];
  if (code !== undefined) return new Problem(code);
  if (isAboutTheRequest(error)) return new Problem('malformed_body');
  log.error({ route, code: error.code, stack: error.stack }, 'a request failed');
  return new Problem('internal_error');
}

/**
 * The answer to what is not HTTP at all, written straight to the socket.
 * @param status an HTTP status
 */
export function rawErrorAnswer(status: number, code: ErrorCode): string {
  const body = JSON.stringify(errorBody('success', new Problem(code, ERRORS[code][1])));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Fastify marks what the caller did wrong with a 4xx status; broken multipart bodies carry none. */
function isAboutTheRequest(error: Error & Partial<FastifyError>): boolean {
  const status = error.statusCode ?? 500;
  return (status >= 400 && status < 500) || MULTIPART_FAULTS.test(error.message);
}

/** The sentences of @fastify/busboy about bodies that break off or have no boundary. */
const MULTIPART_FAULTS =
  /^(Unexpected end of multipart|Multipart: |Malformed|Part terminated|Unexpected end of form|Premature close|premature close)/i;
