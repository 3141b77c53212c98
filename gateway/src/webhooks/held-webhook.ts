import type { EventId } from '../domain/ids.ts';
import type { DueDelivery } from '../storage/webhooks/due-deliveries.ts';
import type { HeldWebhookRow } from '../storage/webhooks/hold-webhooks.ts';
import { DeliveryWriter, type WriterParts } from './delivery-writer.ts';
import type { Placed } from './places.ts';
import {
  mayBegin,
  mayBeginAtMs,
  stepWebhook,
  type WebhookEffect,
  type WebhookEvent,
  type WebhookModel,
} from './webhook-machine.ts';

/** Of so many or fewer that are here it is time to look for more. */
const FEW = 100;

/** A webhook that this process delivers to: its settings, how it stands, and what is on its way. */
export class HeldWebhook implements Placed {
  #row: HeldWebhookRow;
  #writer: DeliveryWriter;
  #model: WebhookModel;
  /** Due and not begun, oldest first. */
  #page: DueDelivery[] = [];
  /** Begun and not yet written down. */
  readonly #busy = new Set<EventId>();
  #inFlight = 0;
  #isMoreKnown = false;
  /** There may be more due than is here. */
  mayHaveMore = true;
  isLoading = false;
  /** Its owner has changed it and the change is not known yet: nothing begins until it is. */
  isStale = false;
  /** When its next delivery comes due, as far as is known. */
  nextDueAtMs: number | null = null;
  lastUsedMs: number;
  isTrusted: boolean;
  /** When the alarm rings that is set for it. */
  alarmAtMs: number | null = null;
  /** Resolves when all that its machine has decided so far is kept. */
  standingKept: Promise<void> = Promise.resolve();

  constructor(row: HeldWebhookRow, parts: WriterParts, nowMs: number) {
    this.#row = row;
    this.#writer = new DeliveryWriter(row, parts);
    this.#model = modelOf(row, nowMs);
    this.lastUsedMs = nowMs;
    this.isTrusted = row.failures === 0;
  }

  get row(): HeldWebhookRow {
    return this.#row;
  }

  get writer(): DeliveryWriter {
    return this.#writer;
  }

  get model(): WebhookModel {
    return this.#model;
  }

  /** What is here or on its way. */
  get known(): readonly EventId[] {
    return [...this.#busy, ...this.#page.map(({ id }) => id)];
  }

  get isBusy(): boolean {
    return this.#busy.size > 0;
  }

  /** True when nothing is here, on its way or to be looked for now. */
  isIdle(nowMs: number): boolean {
    const isEmpty = this.#page.length === 0 && this.#busy.size === 0;
    return isEmpty && !this.isLoading && !this.wantsMore(nowMs);
  }

  /** Its owner has changed it: what is here is looked at anew. */
  change(row: HeldWebhookRow, parts: WriterParts, nowMs: number): void {
    this.#row = row;
    this.#writer = new DeliveryWriter(row, parts);
    this.#model = modelOf(row, nowMs);
    this.#page = [];
    this.mayHaveMore = true;
    this.isStale = false;
  }

  step(event: WebhookEvent, nowMs: number, fraction: number): readonly WebhookEffect[] {
    const { model, effects } = stepWebhook(this.#model, event, nowMs, fraction);
    this.#model = model;
    // What is loaded may have to wait now, or something else may go first.
    if (effects.length > 0) {
      this.#page = [];
      this.mayHaveMore = true;
    }
    return effects;
  }

  get hasPage(): boolean {
    return this.#page.length > 0;
  }

  canBegin(nowMs: number): boolean {
    return (
      !this.isStale && this.#page.length > 0 && mayBegin(this.#model, this.#inFlight, nowMs) > 0
    );
  }

  /** True when it could use deliveries and has few here. */
  wantsMore(nowMs: number): boolean {
    if (!this.mayHaveMore || this.isStale || this.isLoading) return false;
    // More come before the last has gone, so that nothing waits for them; not while it rests.
    if (this.#page.length > 0) {
      return this.#isMoreKnown && this.#model.mode === 'flowing' && this.#page.length < FEW;
    }
    return mayBegin(this.#model, this.#inFlight, nowMs) > 0;
  }

  /**
   * What was found besides `known`.
   * @param isCut whether more was due than was asked for
   */
  offer(found: readonly DueDelivery[], isCut: boolean): void {
    this.#page.push(...found);
    this.#isMoreKnown = isCut;
    if (isCut) this.mayHaveMore = true;
  }

  /** The next delivery, which is on its way from now on. */
  take(nowMs: number): DueDelivery | null {
    const delivery = this.#page.shift();
    if (delivery === undefined) return null;
    this.#busy.add(delivery.id);
    this.#inFlight += 1;
    this.lastUsedMs = nowMs;
    return delivery;
  }

  landed(): void {
    this.#inFlight -= 1;
  }

  /** How it ended is written down; what follows it may go. */
  written(id: EventId): void {
    this.#busy.delete(id);
    this.mayHaveMore = true;
  }

  /** When it is to be looked at although nothing new comes, or null. */
  wakeAtMs(nowMs: number): number | null {
    if (this.#model.mode === 'disabled' || this.#row.url === null) return null;
    const pausesUntilMs = mayBeginAtMs(this.#model);
    const times = pausesUntilMs !== null && pausesUntilMs > nowMs ? [pausesUntilMs] : [];
    if (this.#model.mode !== 'resting' && this.nextDueAtMs !== null) times.push(this.nextDueAtMs);
    return times.length === 0 ? null : Math.min(...times);
  }
}

/** What was draining when it was last held begins to drain anew. */
function modelOf(row: HeldWebhookRow, nowMs: number): WebhookModel {
  const { mode, failures, probes, failingSinceMs, probeAtMs } = row;
  const drain = { perSecond: 20, raisedAtMs: nowMs, nextAtMs: nowMs };
  return {
    mode,
    failures,
    probes,
    failingSinceMs,
    probeAtMs,
    drain: mode === 'draining' ? drain : null,
  };
}
