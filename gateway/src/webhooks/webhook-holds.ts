import type { ListenerId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Database } from '../storage/database.ts';
import {
  freeLeftBehind,
  holdWebhooks,
  releaseHolds,
  renewHolds,
  type HeldWebhookRow,
} from '../storage/webhooks/hold-webhooks.ts';
import type { Chores } from './chores.ts';
import type { WriterParts } from './delivery-writer.ts';
import { HeldWebhook } from './held-webhook.ts';
import { NewsWatch } from './news-watch.ts';

/** How soon an event is seen of which nobody told this process. */
const LOOK_EVERY_MS = 500;
const HOLD_MS = 15_000;
const RENEW_EVERY_MS = 4000;
/** Held that long without a delivery, it is let go. */
const IDLE_MS = 10_000;
const SLOW_LOOK_EVERY_MS = 60_000;
const WOKEN_MAX = 200;
const HOLDER_BYTES = 8;

export interface HoldParts {
  readonly database: Database;
  /** Names the data directory, which only one process uses at a time. */
  readonly home: string;
  readonly writer: WriterParts;
  readonly clock: Clock;
  readonly random: Random;
  /** The plans that include webhooks. */
  readonly planIds: readonly number[];
}

/** Who is told what becomes of the holds. */
export interface HoldListener {
  /** There may be more to deliver to it. */
  onMore(held: HeldWebhook): void;
  /** It is no longer held. */
  onForgotten(listenerId: ListenerId): void;
}

/**
 * The webhooks that this process delivers to.
 *
 * Each webhook is held by one process at a time, for a while that is renewed: order and pauses need
 * one head, and several processes share the webhooks. If a process dies, another finds its webhooks
 * when the hold runs out.
 */
export class WebhookHolds {
  readonly #parts: HoldParts;
  readonly #chores: Chores;
  readonly #listener: HoldListener;
  readonly #holder: string;
  readonly #held = new Map<ListenerId, HeldWebhook>();
  readonly #watch: NewsWatch;
  #wanted = new Set<ListenerId>();
  #taking: Promise<void> | null = null;
  #isStopped = true;

  constructor(parts: HoldParts, chores: Chores, listener: HoldListener) {
    this.#parts = parts;
    this.#chores = chores;
    this.#listener = listener;
    this.#watch = new NewsWatch(parts.database, parts.clock);
    this.#holder = `${parts.home}:${parts.random.bytes(HOLDER_BYTES).toString('hex')}`;
  }

  /** Begins with what earlier processes of the same home have left behind. */
  start(): void {
    this.#isStopped = false;
    void this.#chores.do('start', () => this.#takeOver());
    this.#chores.every('look', LOOK_EVERY_MS, () => this.#lookForNews());
    this.#chores.every('renew', RENEW_EVERY_MS, () => this.#renew());
    this.#chores.every('slow look', SLOW_LOOK_EVERY_MS, async () => {
      this.wake(await this.#watch.lookForForgotten());
    });
  }

  /** Takes nothing more. */
  stop(): void {
    this.#isStopped = true;
  }

  get(listenerId: ListenerId): HeldWebhook | undefined {
    return this.#held.get(listenerId);
  }

  /** These listeners have something to deliver. */
  wake(listeners: Iterable<ListenerId>): void {
    if (this.#isStopped) return;
    for (const listenerId of listeners) {
      const held = this.#held.get(listenerId);
      if (held === undefined) this.#wanted.add(listenerId);
      else this.#listener.onMore(held);
    }
    if (this.#wanted.size > 0) void this.#take();
  }

  /** A webhook was changed by its owner. */
  changed(listenerId: ListenerId): void {
    if (this.#isStopped) return;
    const held = this.#held.get(listenerId);
    if (held === undefined) this.wake([listenerId]);
    else {
      held.isStale = true;
      void this.#chores.do('change', () => this.#refresh([listenerId]));
    }
  }

  /** Knows nothing of it any more; the hold runs out by itself. */
  forget(listenerId: ListenerId): void {
    this.#held.delete(listenerId);
    this.#listener.onForgotten(listenerId);
  }

  async releaseAll(): Promise<void> {
    await this.#release([...this.#held.values()]);
  }

  async #takeOver(): Promise<void> {
    const { database, clock, home } = this.#parts;
    await freeLeftBehind(database.pool, `${home}:`, clock.now());
    await this.#lookForNews();
  }

  async #lookForNews(): Promise<void> {
    this.wake(await this.#watch.look());
    await this.#take();
  }

  /** Takes what is wanted and free, and what is to be looked at anyway. */
  #take(): Promise<void> {
    this.#taking ??= this.#chores
      .do('hold', async () => {
        do {
          const wanted = [...this.#wanted].filter((listenerId) => !this.#held.has(listenerId));
          this.#wanted = new Set();
          const { database, clock, planIds } = this.#parts;
          const rows = await holdWebhooks(database.pool, wanted, {
            holder: this.#holder,
            holdMs: HOLD_MS,
            nowMs: clock.now(),
            wokenMax: WOKEN_MAX,
            planIds,
          });
          for (const row of rows) this.#adopt(row);
        } while (this.#wanted.size > 0 && !this.#isStopped);
      })
      .finally(() => {
        this.#taking = null;
      });
    return this.#taking;
  }

  #adopt(row: HeldWebhookRow): void {
    const { clock, writer } = this.#parts;
    // If its own hold had run out it goes on with what it knows.
    const held = this.#held.get(row.listenerId) ?? new HeldWebhook(row, writer, clock.now());
    this.#held.set(row.listenerId, held);
    this.#listener.onMore(held);
  }

  async #renew(): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const idle = [...this.#held.values()].filter(
      (held) => held.isIdle(nowMs) && nowMs - held.lastUsedMs >= IDLE_MS,
    );
    await this.#release(idle);
    await this.#refresh([...this.#held.keys()]);
    for (const held of this.#held.values()) this.#listener.onMore(held);
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
        this.forget(listenerId);
        this.wake([listenerId]);
      } else if (row.url === null) this.forget(listenerId);
      else if (held.isStale || row.revision !== held.row.revision) {
        held.change(row, writer, clock.now());
        this.#listener.onMore(held);
      }
    }
  }

  async #release(webhooks: readonly HeldWebhook[]): Promise<void> {
    const nowMs = this.#parts.clock.now();
    const releases = webhooks.map((held) => {
      const { listenerId } = held.row;
      this.forget(listenerId);
      return { listenerId, wakeAtMs: held.isIdle(nowMs) ? held.wakeAtMs(nowMs) : nowMs };
    });
    await releaseHolds(this.#parts.database.pool, releases, this.#holder);
  }
}
