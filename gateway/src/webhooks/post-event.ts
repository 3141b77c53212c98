import { request, type Dispatcher } from 'undici';
import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { OutgoingRefusal } from '../runtime/outgoing/outgoing-refusal.ts';
import type { Outgoing } from '../runtime/outgoing/outgoing.ts';

/** How one attempt ended. */
export interface PostResult {
  /** `aborted`: the endpoint wants this event never again. */
  readonly verdict: 'delivered' | 'failed' | 'gone' | 'aborted';
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** Why it does not count as delivered: a stable code, or null. */
  readonly failure: string | null;
  readonly latencyMs: number;
  /** How the answer begins. */
  readonly answer: string;
  readonly retryAfterMs: number | null;
  /** The endpoint says, or shows, that it has too much to do. */
  readonly isOverloaded: boolean;
}

export interface PostLimits {
  readonly firstByteMsMax: number;
  readonly totalMsMax: number;
  /** Of the answer; more is not read. */
  readonly answerBytesMax: number;
}

export const POST_LIMITS: PostLimits = {
  firstByteMsMax: 10_000,
  totalMsMax: 15_000,
  answerBytesMax: 4096,
};
/** How long making a connection may take. */
export const CONNECT_MS_MAX = 5000;

/** Of the answer, kept for whoever looks why it failed. */
const ANSWER_CHARACTERS_KEPT = 500;
const TIMEOUTS =
  /^(UND_ERR_HEADERS_TIMEOUT|UND_ERR_CONNECT_TIMEOUT|UND_ERR_BODY_TIMEOUT|ETIMEDOUT)$/;
const TLS_ERRORS = /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_)/;

export interface PostParts {
  readonly outgoing: Outgoing;
  readonly clock: Clock;
  readonly limits: PostLimits;
}

/**
 * Posts a body and reads how the answer begins. Any 2xx is a success, a redirect is not followed.
 * Never throws: whatever goes wrong is a result.
 * @param stopped aborts it early
 */
export async function postEvent(
  url: string,
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  { outgoing, clock, limits }: PostParts,
  stopped: AbortSignal,
): Promise<PostResult> {
  const beganMs = clock.monotonicMs();
  const latencyMs = (): number => Math.round(clock.monotonicMs() - beganMs);
  const late = new AbortController();
  const stop = (): void => {
    late.abort(stopped.reason);
  };
  if (stopped.aborted) stop();
  stopped.addEventListener('abort', stop);
  const cancel = clock.after(limits.totalMsMax, () => {
    late.abort(new TooLate());
  });
  try {
    const answer = await request(outgoing.readUrl(url), {
      method: 'POST',
      dispatcher: outgoing.dispatcher,
      signal: late.signal,
      headersTimeout: limits.firstByteMsMax,
      bodyTimeout: limits.totalMsMax,
      headers: {
        ...headers,
        'content-type': 'application/json',
        'content-length': String(body.length),
        'user-agent': 'Tickwire',
      },
      body,
    });
    return {
      ...judge(answer, clock.now()),
      answer: await readStart(answer, limits),
      latencyMs: latencyMs(),
    };
  } catch (error) {
    const failure = failureOf(error);
    return {
      verdict: 'failed',
      status: null,
      failure,
      latencyMs: latencyMs(),
      answer: '',
      retryAfterMs: null,
      isOverloaded: failure === 'timeout',
    };
  } finally {
    cancel();
    stopped.removeEventListener('abort', stop);
  }
}

class TooLate extends Error {}

function judge(
  { statusCode: status, headers }: Dispatcher.ResponseData,
  nowMs: number,
): Omit<PostResult, 'latencyMs' | 'answer'> {
  const base = { status, retryAfterMs: null, isOverloaded: false };
  if (status >= 200 && status < 300) return { ...base, verdict: 'delivered', failure: null };
  if (status === 410) return { ...base, verdict: 'gone', failure: 'gone' };
  if (headers['webhook-delivery'] === 'abort-message') {
    return { ...base, verdict: 'aborted', failure: 'refused_by_endpoint' };
  }
  return {
    ...base,
    verdict: 'failed',
    failure: status >= 300 && status < 400 ? 'redirect' : 'status',
    retryAfterMs: readRetryAfter(headers['retry-after'], nowMs),
    isOverloaded: status === 429 || status === 503,
  };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function readRetryAfter(written: string | string[] | undefined, nowMs: number): number | null {
  const value = Array.isArray(written) ? written[0] : written;
  if (value === undefined || value === '') return null;
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) ? Math.max(ms, 0) : null;
}

/** An answer that breaks off or is too long says enough: its status has arrived. */
async function readStart(
  { body }: Dispatcher.ResponseData,
  { answerBytesMax }: PostLimits,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= answerBytesMax) break;
    }
  } catch {
    // What came is kept.
  }
  const text = Buffer.concat(chunks).toString('utf8', 0, answerBytesMax);
  // PostgreSQL keeps no NUL.
  return text.replaceAll('\0', '').slice(0, ANSWER_CHARACTERS_KEPT);
}

function failureOf(thrown: unknown): string {
  if (thrown instanceof TooLate) return 'timeout';
  if (thrown instanceof OutgoingRefusal) return 'address_not_allowed';
  const { code = '' } = toError(thrown) as NodeJS.ErrnoException;
  if (TIMEOUTS.test(code)) return 'timeout';
  if (TLS_ERRORS.test(code)) return 'tls';
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name_not_found' : 'connection';
}
