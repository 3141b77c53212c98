import type { DueDelivery } from '../storage/webhooks/due-deliveries.ts';
import type { RecordedAttempt } from '../storage/webhooks/record-attempts.ts';
import type { DeliveryWriter } from './delivery-writer.ts';
import { postEvent, type PostParts, type PostResult } from './post-event.ts';
import { nextAttemptAtMs } from './retry-schedule.ts';

/** An attempt that was made, and how the delivery stands now. */
export interface Attempt {
  readonly verdict: PostResult['verdict'];
  readonly recorded: RecordedAttempt;
}

/** An attempt to be made. */
export interface AttemptOrder {
  readonly delivery: DueDelivery;
  readonly url: string;
  readonly writer: DeliveryWriter;
  /** A random number from 0 up to 1, for the jitter. */
  readonly fraction: number;
}

/**
 * Makes one attempt and decides what becomes of the delivery.
 * @param onEnd told once; of null when the webhook's format has no words for the event. Not a
 *   promise, since there are thousands a second
 * @throws when the delivery cannot be written; then `onEnd` is not told
 */
export function attemptDelivery(
  { delivery, url, writer, fraction }: AttemptOrder,
  parts: PostParts,
  onEnd: (attempt: Attempt | null) => void,
): void {
  const written = writer.write(delivery, parts.clock.now());
  if (written === null) {
    onEnd(null);
    return;
  }
  postEvent(url, written, parts, (result) => {
    onEnd(attemptOf(delivery, url, result, parts.clock.now(), fraction));
  });
}

function attemptOf(
  delivery: DueDelivery,
  url: string,
  result: PostResult,
  nowMs: number,
  fraction: number,
): Attempt {
  const { state, nextAtMs } = standing(delivery, result, nowMs, fraction);
  return {
    verdict: result.verdict,
    recorded: {
      eventId: delivery.id,
      listenerId: delivery.listenerId,
      attempt: delivery.attempts + 1,
      state,
      nextAtMs,
      url,
      status: result.status,
      failure: result.failure,
      latencyMs: result.latencyMs,
      answer: result.answer,
      atMs: nowMs,
    },
  };
}

function standing(
  { attempts, queuedAtMs }: DueDelivery,
  { verdict, retryAfterMs, isOverloaded }: PostResult,
  nowMs: number,
  fraction: number,
): Pick<RecordedAttempt, 'state' | 'nextAtMs'> {
  if (verdict === 'delivered') return { state: 'delivered', nextAtMs: nowMs };
  if (verdict === 'aborted') return { state: 'dropped', nextAtMs: nowMs };
  const failed = { attempts: attempts + 1, queuedAtMs, retryAfterMs, isOverloaded };
  const nextAtMs = nextAttemptAtMs(failed, nowMs, fraction);
  return nextAtMs === null
    ? { state: 'exhausted', nextAtMs: nowMs }
    : { state: 'pending', nextAtMs };
}

/** Of a delivery that the webhook's format has no words for: nothing was sent. */
export function unspoken(delivery: DueDelivery, url: string, nowMs: number): RecordedAttempt {
  return {
    eventId: delivery.id,
    listenerId: delivery.listenerId,
    attempt: delivery.attempts,
    state: 'dropped',
    nextAtMs: nowMs,
    url,
    status: null,
    failure: 'not_in_format',
    latencyMs: 0,
    answer: '',
    atMs: nowMs,
  };
}
