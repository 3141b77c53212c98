import { setTimeout as rest } from 'node:timers/promises';

/**
 * Micro-batching: what arrives while a flush is in flight shares the next one.
 *
 * At low load nobody waits: every item is its own batch. At high load a batch grows to what came in
 * meanwhile. This is what makes accepting messages cheap (one multi-row INSERT, one commit, one
 * fsync for all of them).
 */
export interface Batcher<Item, Result> {
  /** Resolves with this item's result after its batch was flushed; rejects when that flush failed. */
  add(item: Item): Promise<Result>;
  /** Resolves when nothing is waiting or in flight. */
  drained(): Promise<void>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** A flush that is over: how many items it had, and what hands its outcome to their callers. */
interface Landing {
  readonly itemCount: number;
  readonly tell: () => void;
}

/** How a batcher works. */
export interface BatcherOptions {
  /** The most items one flush takes. */
  readonly itemsMax: number;
  /**
   * A rest after a flush of several items, so that under load batches grow and flushes are few.
   * Whoever comes alone never waits for it. Default 0.
   */
  readonly restMs?: number;
}

/** @param flush writes a batch and answers one result an item, in the same order */
export function createBatcher<Item, Result>(
  flush: (items: Item[]) => Promise<Result[]>,
  { itemsMax, restMs = 0 }: BatcherOptions,
): Batcher<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let isWorking = false;
  let onDrained: (() => void)[] = [];

  /** Begins to flush what waits. Resolves, when that is over, with what tells the callers. */
  function begin(): Promise<Landing> | null {
    if (waiting.length === 0) return null;
    const batch = waiting.slice(0, itemsMax);
    waiting = waiting.slice(batch.length);
    return land(batch);
  }

  async function land(batch: Waiting<Item, Result>[]): Promise<Landing> {
    const itemCount = batch.length;
    try {
      const results = await flush(batch.map((entry) => entry.item));
      if (results.length !== itemCount) {
        throw new Error(`a flush of ${itemCount} items answered ${results.length} results`);
      }
      const tell = (): void => {
        for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result);
      };
      return { itemCount, tell };
    } catch (error) {
      const tell = (): void => {
        for (const entry of batch) entry.reject(error);
      };
      return { itemCount, tell };
    }
  }

  async function work(): Promise<void> {
    // One turn of patience gathers what this event-loop turn brings, at no cost in latency.
    await new Promise(setImmediate);
    let flight = begin();
    while (flight !== null) {
      const { itemCount, tell } = await flight;
      if (restMs > 0 && itemCount > 1) {
        tell();
        await rest(restMs);
        flight = begin();
      } else {
        // The next flush is on its way while the callers of this one are answered.
        flight = begin();
        tell();
      }
    }
    isWorking = false;
    for (const resolve of onDrained) resolve();
    onDrained = [];
  }

  return {
    add(item) {
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (isWorking) return;
        isWorking = true;
        void work();
      });
    },
    drained() {
      if (!isWorking) return Promise.resolve();
      return new Promise((resolve) => onDrained.push(resolve));
    },
  };
}
