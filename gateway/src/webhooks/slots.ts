/**
 * Things that come and go thousands of times a second.
 *
 * A `Set` makes itself a new table now and then, and V8 lets the old table point to the new one. Once
 * one of them has grown old enough that only a full garbage collection removes it, it keeps all
 * later ones alive, with everything they ever held: kilobytes a delivery. Here a place is emptied.
 */
export class Slots<Item> {
  readonly #items: (Item | null)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#items.length - this.#free.length;
  }

  /** @returns where it is, to remove it */
  add(item: Item): number {
    const slot = this.#free.pop() ?? this.#items.length;
    this.#items[slot] = item;
    return slot;
  }

  /** @param slot as `add` said; once */
  remove(slot: number): void {
    this.#items[slot] = null;
    this.#free.push(slot);
  }

  /** What is here now, in no order; it may be removed meanwhile. */
  *[Symbol.iterator](): Generator<Item> {
    for (const item of this.#items) if (item !== null) yield item;
  }
}
