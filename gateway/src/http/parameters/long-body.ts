import { Readable } from 'node:stream';
import type { FastifyRequest, preParsingHookHandler } from 'fastify';
import { Problem } from '../../domain/errors.ts';
import { MEDIA_BYTES_MAX } from '../../domain/media.ts';
import { withoutLongValue, type LongValueForm, type TakeLongValue } from './long-value.ts';
import { looksLikeJson, parseForm, parseJson } from './parse-body.ts';
import { StreamedForm } from './streamed-form.ts';
import { StreamedJson } from './streamed-json.ts';

const SHORT_BODY_BYTES_MAX = 1024 * 1024;
/** Base64 makes 4 bytes of 3, and a form may write each as 3 (`%2F`): 4 times the file, at the worst. */
const LONG_BODY_BYTES_MAX = MEDIA_BYTES_MAX * 4 + SHORT_BODY_BYTES_MAX;

/** Bodies that wait to be read piece by piece. */
const setAside = new WeakMap<FastifyRequest, Readable>();

/**
 * Sets a long JSON or form body aside, and one whose length is not announced: nobody reads it before
 * the caller is known to be somebody. Short ones are read at once, as on every other route, and
 * multipart is always read piece by piece.
 */
const setLongBodyAside: preParsingHookHandler = (request, _reply, payload, done) => {
  const announced = request.headers['content-length'];
  const bytes = Number(announced ?? 0);
  const isShort =
    announced === undefined
      ? request.headers['transfer-encoding'] === undefined
      : bytes <= SHORT_BODY_BYTES_MAX;
  if (isShort) done(null, payload);
  else if (bytes > LONG_BODY_BYTES_MAX) done(new Problem('media_too_large'));
  else if (isMultipart(request)) done(null, payload);
  else {
    setAside.set(request, payload);
    done(null, Object.assign(Readable.from([]), { receivedEncodedLength: bytes }));
  }
};

/** What a route that takes files adds to its options. */
export const TAKES_FILES = { bodyLimit: LONG_BODY_BYTES_MAX, preParsing: setLongBodyAside };

/** True when the request's body waits for `readLongBody`. */
export function hasLongBody(request: FastifyRequest): boolean {
  return setAside.has(request);
}

/**
 * Reads a body that was set aside.
 * @returns it parsed, without the long value
 * @throws Problem as `withoutLongValue` does, and `malformed_body`
 */
export async function readLongBody(
  request: FastifyRequest,
  takeValue: TakeLongValue,
): Promise<unknown> {
  const body = setAside.get(request);
  if (body === undefined) return {};
  // A request that is refused half-way still has to be answered: it is not torn down.
  const pieces = body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  try {
    const first = await pieces.next();
    if (first.done === true) return {};
    const isJson = looksLikeJson(first.value.toString('utf8', 0, 1024));
    const form: LongValueForm = isJson ? new StreamedJson() : new StreamedForm();
    const rest = await withoutLongValue(withFirst(first.value, pieces), form, takeValue);
    return isJson ? parseRest(rest) : parseForm(rest);
  } catch (error) {
    if (body.destroyed && !(error instanceof Problem)) {
      throw new Problem('malformed_body', 'The body broke off.');
    }
    throw error;
  } finally {
    await pieces.return?.();
  }
}

function isMultipart({ headers }: FastifyRequest): boolean {
  return headers['content-type']?.toLowerCase().startsWith('multipart/form-data') ?? false;
}

async function* withFirst(
  first: Buffer,
  others: AsyncIterableIterator<Buffer>,
): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await others.next(); next.done !== true; next = await others.next()) {
    yield next.value;
  }
}

function parseRest(rest: string): unknown {
  try {
    return parseJson(rest);
  } catch {
    throw new Problem('malformed_body', 'The body is not valid JSON.');
  }
}
