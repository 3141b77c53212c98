/**
 * Whose turn it is: round robin over those who can go.
 *
 * A service that has just gone is the last to go again, so none gets a second turn while another
 * that can go has not had its first.
 */
export class Turns<Key> {
  #order: Key[] = [];

  add(key: Key): void {
    this.#order.push(key);
  }

  remove(key: Key): void {
    this.#order = this.#order.filter((other) => other !== key);
  }

  /** The next that can go, which moves to the end; null when none can. */
  next(canGo: (key: Key) => boolean): Key | null {
    const index = this.#order.findIndex((key) => canGo(key));
    const key = this.#order[index];
    if (key === undefined) return null;
    this.#order.splice(index, 1);
    this.#order.push(key);
    return key;
  }
}
