/**
 * Work that may take long, one lane a chat: what belongs to one chat happens in order, and no chat
 * waits for another.
 *
 * The upload of a long film would otherwise hold up all that an account has to say. So a message
 * with a file, and whatever follows it in the same chat, leaves the account's single file and goes
 * on by itself.
 */
export class ChatLanes {
  readonly #ends = new Map<string, Promise<void>>();
  readonly #onLeft: () => void;
  #count = 0;

  /** @param onLeft told when a piece of work is over */
  constructor(onLeft: () => void) {
    this.#onLeft = onLeft;
  }

  /** How many pieces of work are not over. */
  get size(): number {
    return this.#count;
  }

  /** Whether something of this chat is not over. */
  isBusy(chat: string): boolean {
    return this.#ends.has(chat);
  }

  /**
   * Does this after all that was given for the same chat earlier.
   * @param work must not throw
   */
  run(chat: string, work: () => Promise<void>): void {
    this.#count += 1;
    const end = (this.#ends.get(chat) ?? Promise.resolve()).then(work).finally(() => {
      this.#count -= 1;
      if (this.#ends.get(chat) === end) this.#ends.delete(chat);
      this.#onLeft();
    });
    this.#ends.set(chat, end);
  }
}
