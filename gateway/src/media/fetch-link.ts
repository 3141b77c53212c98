import { request, type Dispatcher } from 'undici';
import { Problem, toError } from '../domain/errors.ts';
import { MEDIA_BYTES_MAX } from '../domain/media.ts';
import type { Clock } from '../runtime/clock.ts';
import { OutgoingRefusal } from '../runtime/outgoing/outgoing-refusal.ts';
import type { Outgoing } from '../runtime/outgoing/outgoing.ts';
import type { Spool, SpooledFile } from './spool.ts';

/** Why a link gave no file, as it stands on the message. */
export type FetchFailureReason =
  | 'link_not_allowed'
  | 'link_unreachable'
  | 'media_too_large'
  | 'media_type_not_allowed'
  | 'storage_full';

/** A link that gave no file. */
export class FetchFailure extends Error {
  override readonly name = 'FetchFailure';
  readonly reason: FetchFailureReason;
  /** Trying again later may help. */
  readonly isTemporary: boolean;

  constructor(reason: FetchFailureReason, isTemporary: boolean, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.isTemporary = isTemporary;
  }
}

export interface FetchLimits {
  readonly bytesMax: number;
  /** For everything together, redirects included. */
  readonly totalMsMax: number;
  /** Between two pieces of an answer. */
  readonly idleMsMax: number;
}

export const FETCH_LIMITS: FetchLimits = {
  bytesMax: MEDIA_BYTES_MAX,
  totalMsMax: 60_000,
  idleMsMax: 10_000,
};

export interface FetchParts {
  readonly outgoing: Outgoing;
  readonly spool: Spool;
  readonly clock: Clock;
  readonly limits: FetchLimits;
}

export interface FetchedFile {
  readonly file: SpooledFile;
  /** The Content-Type, or null. */
  readonly declaredType: string | null;
}

const REDIRECTS_MAX = 3;
const REDIRECT_STATUSES = new Set([301, 302, 303, 307, 308]);
const TEMPORARY_STATUSES = new Set([408, 425, 429]);
/** A page is where a link leads that wants a login, or that is wrong. */
const PAGE_TYPES = /^\s*(text\/html|application\/xhtml\+xml)\b/i;
/** The name does not exist, or who answers is not who was asked. */
const LASTING_ERRORS = /^(ENOTFOUND$|ERR_TLS_CERT|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/;

/**
 * Fetches a file into the spool. Each redirect is judged as the link itself was.
 * @param stopped aborts it early
 * @throws FetchFailure, or the signal's reason
 */
export async function fetchLink(
  link: string,
  parts: FetchParts,
  stopped: AbortSignal,
): Promise<FetchedFile> {
  const late = new AbortController();
  const cancel = parts.clock.after(parts.limits.totalMsMax, () => {
    late.abort(new FetchFailure('link_unreachable', false, 'fetching took too long'));
  });
  try {
    return await fetchFollowing(link, parts, AbortSignal.any([stopped, late.signal]));
  } catch (error) {
    stopped.throwIfAborted();
    throw failureOf(late.signal.aborted ? late.signal.reason : error);
  } finally {
    cancel();
  }
}

async function fetchFollowing(
  link: string,
  parts: FetchParts,
  signal: AbortSignal,
): Promise<FetchedFile> {
  let url = parts.outgoing.readUrl(link);
  for (let redirects = 0; ; redirects += 1) {
    const answer = await ask(url, parts, signal);
    try {
      if (!REDIRECT_STATUSES.has(answer.statusCode)) return await takeFile(answer, parts);
      if (redirects === REDIRECTS_MAX) throw lasting('link_unreachable', 'too many redirects');
      url = followed(url, headerOf(answer, 'location'), parts.outgoing);
    } finally {
      answer.body.on('error', () => undefined).destroy();
    }
  }
}

function ask(
  url: URL,
  { outgoing, limits }: FetchParts,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  return request(url, {
    dispatcher: outgoing.dispatcher,
    signal,
    headersTimeout: limits.idleMsMax,
    bodyTimeout: limits.idleMsMax,
    headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Tickwire' },
  });
}

function followed(from: URL, location: string | null, outgoing: Outgoing): URL {
  const target = location === null ? null : URL.parse(location, from.href);
  if (target === null) throw lasting('link_unreachable', 'a redirect leads nowhere');
  if (from.protocol === 'https:' && target.protocol !== 'https:') {
    throw lasting('link_not_allowed', 'a redirect leaves https');
  }
  return outgoing.readUrl(target.href);
}

async function takeFile(
  answer: Dispatcher.ResponseData,
  { spool, limits }: FetchParts,
): Promise<FetchedFile> {
  const { statusCode: status } = answer;
  if (status !== 200) {
    const isTemporary = status >= 500 || TEMPORARY_STATUSES.has(status);
    throw new FetchFailure('link_unreachable', isTemporary, `the answer was ${status}`);
  }
  const encoding = headerOf(answer, 'content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw lasting('media_type_not_allowed', 'the file came compressed, which was not asked for');
  }
  const declaredType = headerOf(answer, 'content-type');
  if (declaredType !== null && PAGE_TYPES.test(declaredType)) {
    throw lasting('media_type_not_allowed', 'the link leads to a web page');
  }
  if (Number(headerOf(answer, 'content-length') ?? 0) > limits.bytesMax) {
    throw new Problem('media_too_large');
  }
  const file = await spool.take(answer.body, limits.bytesMax);
  if (file.bytes > 0) return { file, declaredType };
  await spool.remove(file.name);
  throw lasting('link_unreachable', 'the file is empty');
}

function headerOf({ headers }: Dispatcher.ResponseData, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

function failureOf(thrown: unknown): FetchFailure {
  if (thrown instanceof FetchFailure) return thrown;
  if (thrown instanceof OutgoingRefusal) {
    return new FetchFailure('link_not_allowed', false, thrown.message, thrown);
  }
  if (thrown instanceof Problem && thrown.code === 'media_too_large') {
    return new FetchFailure('media_too_large', false, thrown.message, thrown);
  }
  if (thrown instanceof Problem && thrown.code === 'storage_full') {
    return new FetchFailure('storage_full', true, thrown.message, thrown);
  }
  const error = toError(thrown) as NodeJS.ErrnoException;
  const isTemporary = !LASTING_ERRORS.test(error.code ?? '');
  return new FetchFailure('link_unreachable', isTemporary, error.message, error);
}

function lasting(reason: FetchFailureReason, message: string): FetchFailure {
  return new FetchFailure(reason, false, message);
}
