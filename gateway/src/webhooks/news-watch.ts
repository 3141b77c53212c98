import type { ListenerId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Database } from '../storage/database.ts';
import {
  findForgottenWebhooks,
  findWebhooksWithNews,
  newestDelivery,
} from '../storage/webhooks/hold-webhooks.ts';

/** An event that is committed later than this after a younger one is found by the slow look. */
const OVERLAP_MS = 5000;

/** Finds webhooks with something to deliver of which nobody told this process. */
export class NewsWatch {
  readonly #database: Database;
  readonly #clock: Clock;
  /** The newest delivery there was, with the time. */
  #marks: { readonly atMs: number; readonly id: number }[] = [];
  #seenBelow: number | null = null;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** What is new: a look over the newest deliveries. */
  async look(): Promise<ListenerId[]> {
    const { pool } = this.#database;
    const nowMs = this.#clock.now();
    let forgotten: ListenerId[] = [];
    if (this.#seenBelow === null) {
      // What was there before is looked for once, what comes from now on is news.
      this.#seenBelow = await newestDelivery(pool);
      forgotten = await this.lookForForgotten();
    }
    const news = await findWebhooksWithNews(pool, this.#seenBelow, nowMs);
    this.#marks.push({ atMs: nowMs, id: await newestDelivery(pool) });
    for (;;) {
      const [oldest] = this.#marks;
      if (oldest === undefined || nowMs - oldest.atMs < OVERLAP_MS) break;
      this.#seenBelow = oldest.id;
      this.#marks.shift();
    }
    return [...forgotten, ...news.map(({ listenerId }) => listenerId)];
  }

  /** All that wait although nobody was told to look. */
  async lookForForgotten(): Promise<ListenerId[]> {
    return await findForgottenWebhooks(this.#database.pool);
  }
}
