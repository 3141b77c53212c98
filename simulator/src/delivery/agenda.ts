import type { Clock } from '../clock/clock.ts';

interface Entry {
  readonly key: number;
  readonly dueAt: number;
}

/**
 * Calls back for each of many keys when its time has come, strictly in the order of their times
 * and, within one millisecond, of their keys. (Timers of their own could overtake each other.)
 */
export class Agenda {
  readonly #clock: Clock;
  readonly #onDue: (key: number) => void;
  /** Sorted; keys that were removed stay until they come first. */
  #entries: Entry[] = [];
  readonly #wanted = new Set<number>();
  #timer: { dueAt: number; cancel: () => void } | undefined;

  constructor(clock: Clock, onDue: (key: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** `dueAt` in milliseconds since 1970. */
  add(key: number, dueAt: number): void {
    const place = placeFor(this.#entries, { key, dueAt });
    this.#entries.splice(place, 0, { key, dueAt });
    this.#wanted.add(key);
    this.#setTimer();
  }

  remove(key: number): void {
    this.#wanted.delete(key);
  }

  clear(): void {
    this.#entries = [];
    this.#wanted.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #setTimer(): void {
    const [first] = this.#entries;
    if (!first || (this.#timer && this.#timer.dueAt <= first.dueAt)) return;
    this.#timer?.cancel();
    const { dueAt } = first;
    const delayMs = Math.max(0, dueAt - this.#clock.now());
    this.#timer = { dueAt, cancel: this.#clock.after(delayMs, () => this.#run()) };
  }

  #run(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    const notYet = this.#entries.findIndex(({ dueAt }) => dueAt > now);
    const due = this.#entries.splice(0, notYet === -1 ? Infinity : notYet);
    this.#setTimer();
    for (const { key } of due) {
      if (this.#wanted.delete(key)) this.#onDue(key);
    }
  }
}

/** Where an entry belongs, found by halving. */
function placeFor(entries: readonly Entry[], entry: Entry): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(entries[middle], entry)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function isAfter(entry: Entry | undefined, other: Entry): boolean {
  if (!entry) return false;
  return entry.dueAt === other.dueAt ? entry.key > other.key : entry.dueAt > other.dueAt;
}
