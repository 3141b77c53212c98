/** Something that happens at a time. */
interface Appointment {
  readonly atMs: number;
  /** Breaks ties in the order of asking, so that a seed repeats exactly. */
  readonly number: number;
  readonly run: () => void;
}

/** Simulated time: what is to happen, in order. Nothing takes time by itself. */
export class Agenda {
  #nowMs = 0;
  #count = 0;
  /** A binary heap: the earliest is first. */
  readonly #heap: Appointment[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** How many things have happened. */
  get happened(): number {
    return this.#count - this.#heap.length;
  }

  /** @param delayMs from now */
  after(delayMs: number, run: () => void): void {
    this.#count += 1;
    const appointment = { atMs: this.#nowMs + delayMs, number: this.#count, run };
    let index = this.#heap.push(appointment) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(appointment, this.#at(parent))) break;
      this.#heap[index] = this.#at(parent);
      index = parent;
    }
    this.#heap[index] = appointment;
  }

  /** Lets happen what happens until then. */
  runUntil(untilMs: number): void {
    for (;;) {
      const [next] = this.#heap;
      if (next === undefined || next.atMs > untilMs) break;
      this.#removeFirst();
      this.#nowMs = next.atMs;
      next.run();
    }
    this.#nowMs = untilMs;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#heap.length) break;
      const right = left + 1;
      const isRightFirst = right < this.#heap.length && isBefore(this.#at(right), this.#at(left));
      const child = isRightFirst ? right : left;
      if (!isBefore(this.#at(child), last)) break;
      this.#heap[index] = this.#at(child);
      index = child;
    }
    this.#heap[index] = last;
  }

  #at(index: number): Appointment {
    const appointment = this.#heap[index];
    if (appointment === undefined) throw new Error('there is no such appointment');
    return appointment;
  }
}

function isBefore(one: Appointment, other: Appointment): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.number < other.number);
}
