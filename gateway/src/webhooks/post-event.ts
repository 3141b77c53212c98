import type { Dispatcher } from 'undici';
import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { OutgoingRefusal } from '../runtime/outgoing/outgoing-refusal.ts';
import type { Outgoing } from '../runtime/outgoing/outgoing.ts';
import type { WrittenDelivery } from './delivery-writer.ts';
import { TooLate, type Posts, type UnderWay } from './posts.ts';

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
  /** What it can be cut off with. */
  readonly posts: Posts;
}

/**
 * Posts a body and reads how the answer begins. Any 2xx is a success, a redirect is not followed.
 * @param onEnd told once: whatever goes wrong is a result, too
 */
export function postEvent(
  url: string,
  written: WrittenDelivery,
  parts: PostParts,
  onEnd: (result: PostResult) => void,
): void {
  new Post(parts, onEnd).send(url, written);
}

/**
 * One attempt, as undici tells of it. Its `request` would make a stream of every answer, of which
 * only the beginning is wanted: that costs more than all the rest.
 */
class Post implements Dispatcher.DispatchHandler, UnderWay {
  readonly #parts: PostParts;
  readonly #onEnd: (result: PostResult) => void;
  readonly beganMs: number;
  #controller: Dispatcher.DispatchController | null = null;
  #judged: Omit<PostResult, 'latencyMs' | 'answer'> | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #slot = 0;

  constructor(parts: PostParts, onEnd: (result: PostResult) => void) {
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.beganMs = parts.clock.monotonicMs();
  }

  send(url: string, { body, headers }: WrittenDelivery): void {
    const { outgoing, limits, posts } = this.#parts;
    this.#slot = posts.add(this);
    try {
      if (posts.isStopped) throw new Error('the gateway stops');
      const { origin, path } = posts.targetOf(url, outgoing);
      const order: Dispatcher.DispatchOptions = {
        origin,
        path,
        method: 'POST',
        headersTimeout: limits.firstByteMsMax,
        bodyTimeout: limits.totalMsMax,
        headers,
        body,
      };
      outgoing.dispatcher.dispatch(order, this);
    } catch (error) {
      this.#fail(error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It may have waited for a connection for too long.
    if (this.#isOver) controller.abort(new TooLate());
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status >= 200) this.#judged = judge(status, headers, this.#parts.clock.now());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#parts.limits.answerBytesMax) return;
    this.#end();
    controller.abort(new Error('this much is enough'));
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  cutOff(reason: Error): void {
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  #end(): void {
    if (this.#judged === null) this.#fail(new Error('it ended without an answer'));
    else this.#tell(this.#judged);
  }

  /** An answer that breaks off or is too long says enough: its status has arrived. */
  #fail(error: unknown): void {
    const failure = failureOf(error);
    this.#tell(
      this.#judged ?? {
        verdict: 'failed',
        status: null,
        failure,
        retryAfterMs: null,
        isOverloaded: failure === 'timeout',
      },
    );
  }

  #tell(judged: Omit<PostResult, 'latencyMs' | 'answer'>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { clock, limits, posts } = this.#parts;
    posts.remove(this.#slot);
    const latencyMs = Math.round(clock.monotonicMs() - this.beganMs);
    const answer = readStart(this.#chunks, limits.answerBytesMax);
    this.#onEnd({ ...judged, latencyMs, answer });
  }
}

function judge(
  status: number,
  headers: Record<string, string | string[] | undefined>,
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

function readStart(chunks: readonly Buffer[], bytesMax: number): string {
  if (chunks.length === 0) return '';
  const text = Buffer.concat(chunks).toString('utf8', 0, bytesMax);
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
