import type { EventId } from '../domain/ids.ts';
import type { DueDelivery } from '../storage/webhooks/due-deliveries.ts';
import type { HeldWebhookRow } from '../storage/webhooks/hold-webhooks.ts';
import { DeliveryWriter, type WriterParts } from './delivery-writer.ts';
import {
  mayBegin,
  mayBeginAtMs,
  stepWebhook,
  type WebhookEffect,
  type WebhookEvent,
  type WebhookModel,
} from './webhook-machine.ts';

/** A webhook that this process delivers to: its settings, how it stands, and what is on its way. */
export class HeldWebhook {
  #row: HeldWebhookRow;
  #writer: DeliveryWriter;
  #model: WebhookModel;
  /** Due and not begun, oldest first. */
  #page: DueDelivery[] = [];
  /** Begun and not yet written down. */
  readonly #busy = new Set<EventId>();
  #inFlight = 0;
  /** There may be more due than is here. */
  mayHaveMore = true;
  isLoading = false;
  /** Its owner has changed it and the change is not known yet: nothing begins until it is. */
  isStale = false;
  /** When its next delivery comes due, as far as is known. */
  nextDueAtMs: number | null = null;
  lastUsedMs: number;

  constructor(row: HeldWebhookRow, parts: WriterParts, nowMs: number) {
    this.#row = row;
    this.#writer = new DeliveryWriter(row, parts);
    this.#model = modelOf(row, nowMs);
    this.lastUsedMs = nowMs;
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

  get busy(): readonly EventId[] {
    return [...this.#busy];
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

  /** True when it could use deliveries and has none here. */
  wantsMore(nowMs: number): boolean {
    return (
      this.mayHaveMore &&
      !this.isStale &&
      !this.isLoading &&
      this.#page.length === 0 &&
      mayBegin(this.#model, this.#inFlight, nowMs) > 0
    );
  }

  offer(page: readonly DueDelivery[]): void {
    this.#page = page.filter(({ id }) => !this.#busy.has(id));
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
