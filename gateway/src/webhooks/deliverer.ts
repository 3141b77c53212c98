import { toError } from '../domain/errors.ts';
import type { ListenerId } from '../domain/ids.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Log } from '../runtime/log.ts';
import {
  findDueDeliveries,
  nextDeliveryAtMs,
  type DueDelivery,
} from '../storage/webhooks/due-deliveries.ts';
import type { RecordedAttempt } from '../storage/webhooks/record-attempts.ts';
import { AttemptRecorder } from './attempt-recorder.ts';
import { Chores } from './chores.ts';
import { attemptDelivery, unspoken, type Attempt } from './deliver.ts';
import type { HeldWebhook } from './held-webhook.ts';
import { carryOut } from './keep-standing.ts';
import { Places, type Place } from './places.ts';
import type { PostParts } from './post-event.ts';
import { Turns } from './turns.ts';
import { WebhookHolds, type HoldParts } from './webhook-holds.ts';
import type { WebhookEvent } from './webhook-machine.ts';

/** How many deliveries of a webhook are loaded at once. */
const PAGE = 200;

export interface DelivererParts extends PostParts, HoldParts {
  readonly log: Log;
}

/** A delivery on its way. */
interface Flight {
  readonly held: HeldWebhook;
  readonly delivery: DueDelivery;
  readonly url: string;
  readonly revision: number;
  readonly isProbe: boolean;
  readonly place: Place;
}

/**
 * Delivers events to the webhooks that this process holds.
 *
 * What is due is read from its rows, the next of a subject only when the one before is written down
 * as delivered; if the process dies, what was on its way goes again under the same id.
 *
 * A delivery begins when a place is free, listener after listener in turns, and the webhook's machine
 * allows it. How it ended is written down with others that end at the same time. On this way, which
 * thousands take in a second, nothing waits for promises.
 */
export class Deliverer {
  readonly #parts: DelivererParts;
  readonly #chores: Chores;
  readonly #holds: WebhookHolds;
  readonly #turns = new Turns<ListenerId>();
  readonly #recorder: AttemptRecorder;
  readonly #places: Places;
  #isStopped = true;
  #isPumping = false;

  constructor(parts: DelivererParts) {
    const { database, clock, log } = parts;
    this.#parts = parts;
    this.#chores = new Chores(clock, log);
    this.#places = new Places(clock, () => this.#pumpSoon());
    this.#holds = new WebhookHolds(parts, this.#chores, {
      onMore: (held) => this.#expectMore(held),
      onForgotten: (listenerId) => {
        this.#turns.remove(listenerId);
        this.#chores.cancel(alarmOf(listenerId));
      },
    });
    this.#recorder = new AttemptRecorder({
      database,
      clock,
      onWritten: (attempts) => this.#written(attempts),
      onLost: (attempts, error) => this.#lost(attempts, error),
    });
  }

  /** Begins to deliver, also what earlier processes of the same home have left behind. */
  start(): void {
    this.#isStopped = false;
    this.#chores.start();
    this.#holds.start();
  }

  /** These listeners have something to deliver. */
  wake(listeners: Iterable<ListenerId>): void {
    this.#holds.wake(listeners);
  }

  /** A webhook was changed by its owner. */
  changed(listenerId: ListenerId): void {
    this.#holds.changed(listenerId);
  }

  /**
   * Begins nothing new. What is on its way gets this long to end; what is cut off comes again.
   * @param timeoutMs the longest to wait
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    this.#holds.stop();
    this.#chores.end();
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(timeoutMs, late.resolve);
    await Promise.race([this.#settled(), late.promise]);
    cancel();
    this.#parts.posts.stop();
    await this.#settled();
    this.#places.close();
    await this.#chores.do('release', () => this.#holds.releaseAll());
  }

  async #settled(): Promise<void> {
    await this.#parts.posts.drained();
    await this.#chores.settled();
    await this.#recorder.drained();
  }

  #expectMore(held: HeldWebhook): void {
    held.mayHaveMore = true;
    this.#tend(held);
  }

  /** Goes on with a webhook: with what is here, with what can be found, or at the next moment it can. */
  #tend(held: HeldWebhook): void {
    if (this.#isStopped) return;
    const nowMs = this.#parts.clock.now();
    if (held.wantsMore(nowMs)) void this.#chores.do('load', () => this.#load(held));
    else if (held.canBegin(nowMs)) this.#pumpSoon();
    else this.#setAlarm(held, nowMs);
  }

  /** Rings when the webhook may take more although nothing else happens. */
  #setAlarm(held: HeldWebhook, nowMs: number): void {
    const atMs = held.wakeAtMs(nowMs);
    if (atMs === held.alarmAtMs) return;
    held.alarmAtMs = atMs;
    const name = alarmOf(held.row.listenerId);
    this.#chores.cancel(name);
    if (atMs === null || atMs <= nowMs) return;
    this.#chores.later(name, atMs - nowMs, () => {
      held.alarmAtMs = null;
      this.#pump();
      this.#expectMore(held);
    });
  }

  async #load(held: HeldWebhook): Promise<void> {
    const { database, clock } = this.#parts;
    const { listenerId } = held.row;
    const isProbe = held.model.mode === 'resting';
    held.isLoading = true;
    held.mayHaveMore = false;
    try {
      const nowMs = clock.now();
      const found = await findDueDeliveries(database.pool, listenerId, {
        without: held.known,
        nowMs,
        isEarly: isProbe,
        countMax: isProbe ? 1 : PAGE,
      });
      held.offer(found, found.length === PAGE);
      if (found.length === 0) {
        held.nextDueAtMs = await nextDeliveryAtMs(database.pool, listenerId, nowMs);
        if (!held.isBusy) await this.#step(held, { type: 'drained' });
      }
    } finally {
      held.isLoading = false;
    }
    this.#turns.remove(listenerId);
    if (held.hasPage && this.#holds.get(listenerId) === held) this.#turns.add(listenerId);
    this.#pump();
    this.#tend(held);
  }

  /** Once a turn of the event loop, so that what comes in one turn goes out together. */
  #pumpSoon(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    setImmediate(() => {
      this.#isPumping = false;
      this.#pump();
    });
  }

  /** Begins what may begin, webhook after webhook. */
  #pump(): void {
    const nowMs = this.#parts.clock.now();
    const canBegin = (key: ListenerId): boolean => {
      const held = this.#holds.get(key);
      return held !== undefined && held.canBegin(nowMs) && this.#places.hasRoomFor(held);
    };
    while (this.#places.hasRoom && !this.#isStopped) {
      const listenerId = this.#turns.next(canBegin);
      const held = listenerId === null ? undefined : this.#holds.get(listenerId);
      const delivery = held?.take(nowMs);
      if (held === undefined || delivery === undefined || delivery === null) break;
      this.#begin(held, delivery);
      if (held.hasPage) continue;
      this.#turns.remove(held.row.listenerId);
      this.#tend(held);
    }
  }

  #begin(held: HeldWebhook, delivery: DueDelivery): void {
    const { url, revision } = held.row;
    const flight: Flight = {
      held,
      delivery,
      url: url ?? '',
      revision,
      isProbe: held.model.mode === 'resting',
      place: this.#places.take(held),
    };
    const begun = this.#step(held, { type: 'began' });
    if (begun !== null) void this.#chores.do('keep standing', () => begun);
    const fraction = this.#parts.random.fraction();
    const order = { delivery, url: flight.url, writer: held.writer, fraction };
    try {
      attemptDelivery(order, this.#parts, (attempt) => this.#landed(flight, attempt));
    } catch (error) {
      this.#free(flight);
      this.#parts.log.warn({ err: toError(error) }, 'a delivery could not be written');
    }
  }

  #free({ held, place }: Flight): void {
    this.#places.free(place);
    held.landed();
    this.#pumpSoon();
  }

  #landed(flight: Flight, attempt: Attempt | null): void {
    this.#free(flight);
    passCrashPoint('webhook-posted');
    const { posts, clock } = this.#parts;
    // Cut off by ourselves, it says nothing.
    if (posts.isStopped && attempt?.verdict !== 'delivered') return;
    const { delivery, url } = flight;
    const recorded = attempt?.recorded ?? unspoken(delivery, url, clock.now());
    const learnt = attempt === null ? null : this.#learn(flight, attempt);
    if (learnt === null) this.#recorder.add(recorded);
    else {
      void this.#chores.do('keep standing', () =>
        learnt.finally(() => this.#recorder.add(recorded)),
      );
    }
  }

  /** What an attempt tells about the webhook. */
  #learn(
    { held, revision, isProbe }: Flight,
    { verdict, recorded }: Attempt,
  ): Promise<void> | null {
    const { listenerId, eventId, attempt, status, failure, latencyMs } = recorded;
    this.#parts.log.debug({ listenerId, eventId, attempt, status, failure, latencyMs }, 'posted');
    // Its owner has changed it meanwhile: this is not about what it is now.
    if (revision !== held.row.revision) return null;
    const isTaken = verdict === 'delivered' || verdict === 'aborted';
    held.isTrusted = isTaken;
    return this.#step(
      held,
      isTaken ? { type: 'delivered' } : { type: 'failed', isProbe, isGone: verdict === 'gone' },
    );
  }

  /** @returns null when nothing follows, as nearly always */
  #step(held: HeldWebhook, event: WebhookEvent): Promise<void> | null {
    const { clock, random } = this.#parts;
    const effects = held.step(event, clock.now(), random.fraction());
    return effects.length === 0 ? null : carryOut(held, effects, this.#parts);
  }

  /** What follows these, of the same subjects, may go. */
  #written(attempts: readonly RecordedAttempt[]): void {
    const changed = new Set<HeldWebhook>();
    for (const { listenerId, eventId } of attempts) {
      passCrashPoint('webhook-recorded');
      const held = this.#holds.get(listenerId);
      if (held === undefined) continue;
      held.written(eventId);
      changed.add(held);
    }
    for (const held of changed) this.#tend(held);
  }

  /** They would go again at once: whoever holds their webhooks next tries them. */
  #lost(attempts: readonly RecordedAttempt[], error: Error): void {
    this.#parts.log.warn({ err: error }, 'attempts could not be written down');
    for (const { listenerId } of attempts) this.#holds.forget(listenerId);
  }
}

function alarmOf(listenerId: ListenerId): string {
  return `alarm ${listenerId}`;
}
