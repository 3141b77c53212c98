/**
 * Micro-batching: what arrives while a flush is in flight shares the next one.
 *
 * One flush runs at a time and nobody waits for a timer: at low load every item is its own batch,
 * at high load a batch grows to what came in meanwhile. This is what makes accepting messages cheap
 * (one multi-row INSERT, one commit, one fsync for all of them).
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

/**
 * @param flush writes a batch and answers one result an item, in the same order
 * @param batchItemsMax the most items one flush takes
 */
export function createBatcher<Item, Result>(
  flush: (items: Item[]) => Promise<Result[]>,
  batchItemsMax: number,
): Batcher<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let flushing = false;
  let onDrained: (() => void)[] = [];

  async function flushOnce(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await flush(batch.map((entry) => entry.item));
      if (results.length !== batch.length) {
        throw new Error(`a flush of ${batch.length} items answered ${results.length} results`);
      }
      for (const [index, entry] of batch.entries()) entry.resolve(results[index] as Result);
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    }
  }

  async function run(): Promise<void> {
    // One turn of patience gathers what this event-loop turn brings, at no cost in latency.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchItemsMax);
      waiting = waiting.slice(batch.length);
      await flushOnce(batch);
    }
    flushing = false;
    for (const resolve of onDrained) resolve();
    onDrained = [];
  }

  return {
    add(item) {
      return new Promise<Result>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (flushing) return;
        flushing = true;
        void run();
      });
    },
    drained() {
      if (!flushing) return Promise.resolve();
      return new Promise((resolve) => onDrained.push(resolve));
    },
  };
}
