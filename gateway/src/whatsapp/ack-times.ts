import type { Clock } from '../runtime/clock.ts';

/** How long WhatsApp takes to accept messages. */
export class AckTimes {
  readonly #clock: Clock;
  /** When each message went out that was not answered, monotonic milliseconds, oldest first. */
  readonly #sentAtMs = new Map<string, number>();
  #latestMs: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the latest answer took, or null. */
  get latestMs(): number | null {
    return this.#latestMs;
  }

  /** A message goes out; the server should accept it. */
  sent(id: string): void {
    if (!this.#sentAtMs.has(id)) this.#sentAtMs.set(id, this.#clock.monotonicMs());
  }

  /** It did not go out after all. */
  gaveUp(id: string): void {
    this.#sentAtMs.delete(id);
  }

  /** The server has said something about a message. */
  answered(id: string): void {
    const sentMs = this.#sentAtMs.get(id);
    if (sentMs === undefined) return;
    this.#latestMs = this.#clock.monotonicMs() - sentMs;
    this.#sentAtMs.delete(id);
  }

  /** Whether some message waits for longer than this. */
  isLate(afterMs: number): boolean {
    const [oldestMs] = this.#sentAtMs.values();
    return oldestMs !== undefined && this.#clock.monotonicMs() - oldestMs > afterMs;
  }
}
