import { toError } from '../domain/errors.ts';
import type { ListenerId } from '../domain/ids.ts';
import { createBatcher } from '../runtime/batcher.ts';
import { passCrashPoint } from '../runtime/crash-point.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../storage/database.ts';
import {
  findDueDeliveries,
  hastenDeliveries,
  nextDeliveryAtMs,
  type DueDelivery,
} from '../storage/webhooks/due-deliveries.ts';
import {
  freeLeftBehind,
  holdWebhooks,
  releaseHolds,
  renewHolds,
  type HeldWebhookRow,
} from '../storage/webhooks/hold-webhooks.ts';
import {
  disableWebhook,
  recordAttempts,
  recordStanding,
  type RecordedAttempt,
} from '../storage/webhooks/record-attempts.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';
import { attemptDelivery, unspoken, type Attempt } from './deliver.ts';
import type { WriterParts } from './delivery-writer.ts';
import { HeldWebhook } from './held-webhook.ts';
import { NewsWatch } from './news-watch.ts';
import { Places } from './places.ts';
import type { PostParts } from './post-event.ts';
import { Turns } from './turns.ts';
import type { WebhookEffect, WebhookEvent } from './webhook-machine.ts';

/** How many deliveries of a webhook are loaded at once. */
const PAGE = 200;
/** How soon an event is seen of which nobody told this process. */
const LOOK_EVERY_MS = 500;
const HOLD_MS = 15_000;
const RENEW_EVERY_MS = 4000;
/** Held that long without a delivery, it is let go. */
const IDLE_MS = 10_000;
const SLOW_LOOK_EVERY_MS = 60_000;
const WOKEN_MAX = 200;
const HOLDER_BYTES = 8;

export interface DelivererParts extends PostParts {
  readonly database: Database;
  /** Names the data directory, which only one process uses at a time. */
  readonly home: string;
  readonly writer: WriterParts;
  readonly random: Random;
  readonly log: Log;
  /** The plans that include webhooks. */
  readonly planIds: readonly number[];
}

/**
 * Delivers events to webhooks.
 *
 * Each webhook is held by one process at a time, for a while that is renewed: order and pauses need
 * one head, and several processes share the webhooks. What is due is read from its rows, the next of
 * a subject only when the one before is written down as delivered. If a process dies, another finds
 * its webhooks when the hold runs out, and what was on its way goes again under the same id.
 *
 * A delivery begins when a place is free, listener after listener in turns, and the webhook's machine
 * allows it. How it ended is written down with others that end at the same time.
 */
export class Deliverer {
  readonly #parts: DelivererParts;
  readonly #holder: string;
  readonly #held = new Map<ListenerId, HeldWebhook>();
  readonly #turns = new Turns<ListenerId>();
  readonly #recorder;
  readonly #work = new Set<Promise<void>>();
  readonly #watch: NewsWatch;
  readonly #places: Places;
  #wanted = new Set<ListenerId>();
  #looking: Promise<void> | null = null;
  #isStopped = true;
  readonly #cancels = new Map<string, () => void>();

  constructor(parts: DelivererParts) {
    this.#parts = parts;
    this.#watch = new NewsWatch(parts.database, parts.clock);
    this.#places = new Places(parts.clock, () => this.#pump());
    this.#holder = `${parts.home}:${parts.random.bytes(HOLDER_BYTES).toString('hex')}`;
    this.#recorder = createBatcher<RecordedAttempt, undefined>(
      async (attempts) => {
        await whenDatabaseAnswers(parts.clock, () => recordAttempts(parts.database.pool, attempts));
        return attempts.map(() => undefined);
      },
      { itemsMax: 500, restMs: 10 },
    );
  }

  /** Begins to deliver, also what earlier processes of the same home have left behind. */
  start(): void {
    this.#isStopped = false;
    void this.#guarded('start', () => this.#takeOver());
    this.#every('look', LOOK_EVERY_MS, () => this.#lookForNews());
    this.#every('renew', RENEW_EVERY_MS, () => this.#renew());
    this.#every('slow look', SLOW_LOOK_EVERY_MS, async () => {
      this.wake(await this.#watch.lookForForgotten());
    });
  }

  /** These listeners have something to deliver. */
  wake(listeners: Iterable<ListenerId>): void {
    if (this.#isStopped) return;
    for (const listenerId of listeners) {
      const held = this.#held.get(listenerId);
      if (held === undefined) this.#wanted.add(listenerId);
      else this.#expectMore(held);
    }
    if (this.#wanted.size > 0) void this.#hold();
  }

  /** A webhook was changed by its owner. */
  changed(listenerId: ListenerId): void {
    if (this.#isStopped) return;
    const held = this.#held.get(listenerId);
    if (held === undefined) this.wake([listenerId]);
    else {
      held.isStale = true;
      void this.#guarded('change', () => this.#refresh([listenerId]));
    }
  }

  /**
   * Begins nothing new. What is on its way gets this long to end; what is cut off comes again.
   * @param timeoutMs the longest to wait
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    for (const cancel of this.#cancels.values()) cancel();
    const late = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(timeoutMs, late.resolve);
    await Promise.race([Promise.allSettled(this.#work), late.promise]);
    cancel();
    this.#parts.posts.stop();
    await Promise.allSettled(this.#work);
    await this.#looking;
    this.#places.close();
    await this.#guarded('release', () => this.#release([...this.#held.values()]));
  }

  /** Does something again and again, one after the other. */
  #every(name: string, delayMs: number, run: () => Promise<void>): void {
    const cancel = this.#parts.clock.after(delayMs, () => {
      void this.#guarded(name, run).finally(() => {
        if (!this.#isStopped) this.#every(name, delayMs, run);
      });
    });
    this.#cancels.set(name, cancel);
  }

  async #guarded(what: string, run: () => Promise<void>): Promise<void> {
    const work = run().catch((error: unknown) => {
      this.#parts.log.warn({ err: toError(error), what }, 'webhooks could not be looked after');
    });
    this.#work.add(work);
    await work;
    this.#work.delete(work);
  }

  async #takeOver(): Promise<void> {
    const { database, clock, home } = this.#parts;
    await freeLeftBehind(database.pool, `${home}:`, clock.now());
    await this.#lookForNews();
  }

  async #lookForNews(): Promise<void> {
    this.wake(await this.#watch.look());
    await this.#hold();
  }

  /** Takes what is wanted and free, and what is to be looked at anyway. */
  #hold(): Promise<void> {
    this.#looking ??= this.#guarded('hold', async () => {
      do {
        const wanted = [...this.#wanted].filter((listenerId) => !this.#held.has(listenerId));
        this.#wanted = new Set();
        const { database, clock } = this.#parts;
        const rows = await holdWebhooks(database.pool, wanted, {
          holder: this.#holder,
          holdMs: HOLD_MS,
          nowMs: clock.now(),
          wokenMax: WOKEN_MAX,
          planIds: this.#parts.planIds,
        });
        for (const row of rows) this.#adopt(row);
      } while (this.#wanted.size > 0 && !this.#isStopped);
    }).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  #adopt(row: HeldWebhookRow): void {
    const { clock, writer } = this.#parts;
    // If its own hold had run out it goes on with what it knows.
    const held = this.#held.get(row.listenerId) ?? new HeldWebhook(row, writer, clock.now());
    this.#held.set(row.listenerId, held);
    this.#expectMore(held);
  }

  async #renew(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const idle = [...this.#held.values()].filter(
      (held) => held.isIdle(nowMs) && nowMs - held.lastUsedMs >= IDLE_MS,
    );
    await this.#release(idle);
    await this.#refresh([...this.#held.keys()]);
    for (const held of this.#held.values()) this.#expectMore(held);
  }

  /** Holds on, and sees what owners have changed. */
  async #refresh(listeners: readonly ListenerId[]): Promise<void> {
    if (listeners.length === 0) return;
    const { database, clock, writer } = this.#parts;
    const rows = await renewHolds(database.pool, listeners, this.#holder, HOLD_MS, clock.now());
    const kept = new Map(rows.map((row) => [row.listenerId, row]));
    for (const listenerId of listeners) {
      const row = kept.get(listenerId);
      const held = this.#held.get(listenerId);
      if (held === undefined) continue;
      if (row === undefined) {
        // Another process has it, or nobody: then it is taken again.
        this.#forget(listenerId);
        this.wake([listenerId]);
      } else if (row.url === null) this.#forget(listenerId);
      else if (held.isStale || row.revision !== held.row.revision) {
        held.change(row, writer, clock.now());
        this.#tend(held);
      }
    }
  }

  async #release(webhooks: readonly HeldWebhook[]): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const releases = webhooks.map((held) => {
      const { listenerId } = held.row;
      this.#forget(listenerId);
      return { listenerId, wakeAtMs: held.isIdle(nowMs) ? held.wakeAtMs(nowMs) : nowMs };
    });
    await releaseHolds(this.#parts.database.pool, releases, this.#holder);
  }

  #forget(listenerId: ListenerId): void {
    this.#held.delete(listenerId);
    this.#turns.remove(listenerId);
    this.#cancels.get(`alarm ${listenerId}`)?.();
    this.#cancels.delete(`alarm ${listenerId}`);
  }

  #expectMore(held: HeldWebhook): void {
    held.mayHaveMore = true;
    this.#tend(held);
  }

  /** Looks for more where a webhook could take it, else waits for the moment it can. */
  #tend(held: HeldWebhook): void {
    if (this.#isStopped) return;
    const nowMs = this.#parts.clock.now();
    if (held.wantsMore(nowMs)) void this.#guarded('load', () => this.#load(held));
    else this.#setAlarm(held, nowMs);
  }

  /** Begins what may begin, webhook after webhook. */
  #pump(): void {
    const nowMs = this.#parts.clock.now();
    const canBegin = (key: ListenerId): boolean => {
      const held = this.#held.get(key);
      return held !== undefined && held.canBegin(nowMs) && this.#places.hasRoomFor(held);
    };
    while (this.#places.hasRoom && !this.#isStopped) {
      const listenerId = this.#turns.next(canBegin);
      const held = listenerId === null ? undefined : this.#held.get(listenerId);
      const delivery = held?.take(nowMs);
      if (held === undefined || delivery === undefined || delivery === null) break;
      void this.#guarded('deliver', () => this.#deliver(held, delivery));
      if (held.hasPage) continue;
      this.#turns.remove(held.row.listenerId);
      this.#tend(held);
    }
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
    if (held.hasPage && this.#held.get(listenerId) === held) this.#turns.add(listenerId);
    this.#pump();
    this.#tend(held);
  }

  async #deliver(held: HeldWebhook, delivery: DueDelivery): Promise<void> {
    const { clock, random } = this.#parts;
    const isProbe = held.model.mode === 'resting';
    const { revision } = held.row;
    const url = held.row.url ?? '';
    const place = this.#places.take(held);
    let attempt: Attempt | null = null;
    try {
      const begun = this.#step(held, { type: 'began' });
      if (begun !== null) await begun;
      attempt = await attemptDelivery(delivery, url, held.writer, this.#parts, random.fraction());
    } finally {
      this.#places.free(place);
      held.landed();
    }
    passCrashPoint('webhook-posted');
    if (this.#parts.posts.isStopped && attempt?.verdict !== 'delivered') return;
    if (attempt !== null && revision === held.row.revision) {
      const learnt = this.#learn(held, attempt, isProbe);
      if (learnt !== null) await learnt;
    }
    this.#pump();
    try {
      await this.#recorder.add(attempt?.recorded ?? unspoken(delivery, url, clock.now()));
    } catch (error) {
      // It would go again at once: whoever holds the webhook next tries it.
      this.#forget(delivery.listenerId);
      throw error;
    }
    passCrashPoint('webhook-recorded');
    held.written(delivery.id);
    this.#pump();
    this.#tend(held);
  }

  /** What an attempt tells about the webhook. */
  #learn(
    held: HeldWebhook,
    { verdict, recorded }: Attempt,
    isProbe: boolean,
  ): Promise<void> | null {
    const { listenerId, eventId, attempt, status, failure, latencyMs } = recorded;
    this.#parts.log.debug({ listenerId, eventId, attempt, status, failure, latencyMs }, 'posted');
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
    return effects.length === 0 ? null : this.#carryOutAll(held, effects);
  }

  async #carryOutAll(held: HeldWebhook, effects: readonly WebhookEffect[]): Promise<void> {
    for (const effect of effects) await this.#carryOut(held, effect);
  }

  async #carryOut(held: HeldWebhook, effect: WebhookEffect): Promise<void> {
    const { database, clock, log } = this.#parts;
    const { listenerId, revision } = held.row;
    const { pool } = database;
    switch (effect.type) {
      case 'save':
        await whenDatabaseAnswers(clock, () =>
          recordStanding(pool, listenerId, revision, held.model),
        );
        break;
      case 'hasten':
        await whenDatabaseAnswers(clock, () => hastenDeliveries(pool, listenerId, clock.now()));
        break;
      case 'disable':
        log.warn({ listenerId, reason: effect.reason }, 'a webhook was disabled');
        await whenDatabaseAnswers(clock, () =>
          disableWebhook(pool, listenerId, revision, held.model, effect.reason),
        );
        break;
    }
  }

  /** Rings when the webhook may take more although nothing else happens. */
  #setAlarm(held: HeldWebhook, nowMs: number): void {
    const atMs = held.wakeAtMs(nowMs);
    if (atMs === held.alarmAtMs) return;
    held.alarmAtMs = atMs;
    const name = `alarm ${held.row.listenerId}`;
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
    if (atMs === null || atMs <= nowMs) return;
    this.#cancels.set(
      name,
      this.#parts.clock.after(atMs - nowMs, () => {
        held.alarmAtMs = null;
        this.#pump();
        this.#expectMore(held);
      }),
    );
  }
}
