import type { Clock } from '../runtime/clock.ts';
import type { Outgoing } from '../runtime/outgoing/outgoing.ts';
import { Slots } from './slots.ts';

/** An attempt on its way. */
export interface UnderWay {
  readonly beganMs: number;
  cutOff(reason: Error): void;
}

/** Why an attempt is cut off that takes too long. */
export class TooLate extends Error {}

/** Where an address leads, as undici takes it. */
export interface PostTarget {
  readonly origin: string;
  readonly path: string;
}

const TARGETS_MAX = 1000;

/**
 * Attempts on their way: each is cut off when it has taken too long, all of them when the gateway
 * stops. They all may take the same time, so that one alarm, for the oldest, is enough.
 */
export class Posts {
  readonly #clock: Clock;
  readonly #totalMsMax: number;
  readonly #underWay = new Slots<UnderWay>();
  readonly #targets = new Map<string, PostTarget>();
  #cancelAlarm: (() => void) | null = null;
  #isStopped = false;
  #onDrained: (() => void)[] = [];

  constructor(clock: Clock, totalMsMax: number) {
    this.#clock = clock;
    this.#totalMsMax = totalMsMax;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** @returns what it is removed by */
  add(post: UnderWay): number {
    if (this.#cancelAlarm === null) this.#setAlarm(this.#totalMsMax);
    return this.#underWay.add(post);
  }

  remove(slot: number): void {
    this.#underWay.remove(slot);
    if (this.#underWay.size > 0) return;
    for (const resolve of this.#onDrained) resolve();
    this.#onDrained = [];
  }

  /** Resolves when nothing is on its way. */
  drained(): Promise<void> {
    if (this.#underWay.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onDrained.push(resolve));
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelAlarm?.();
    for (const post of this.#underWay) post.cutOff(new Error('the gateway stops'));
  }

  /**
   * Reads an address, once: its form says the same each time. What it leads to is another question,
   * which is asked again for every connection.
   * @throws OutgoingRefusal
   */
  targetOf(url: string, outgoing: Outgoing): PostTarget {
    const known = this.#targets.get(url);
    if (known !== undefined) return known;
    const { origin, pathname, search } = outgoing.readUrl(url);
    const target = { origin, path: `${pathname}${search}` };
    if (this.#targets.size >= TARGETS_MAX) this.#targets.clear();
    this.#targets.set(url, target);
    return target;
  }

  #setAlarm(delayMs: number): void {
    this.#cancelAlarm = this.#clock.after(delayMs, () => {
      this.#cancelAlarm = null;
      const nowMs = this.#clock.monotonicMs();
      let firstLeftMs = Infinity;
      for (const post of this.#underWay) {
        const leftMs = post.beganMs + this.#totalMsMax - nowMs;
        if (leftMs <= 0) post.cutOff(new TooLate());
        else firstLeftMs = Math.min(firstLeftMs, leftMs);
      }
      if (this.#underWay.size > 0) this.#setAlarm(Math.min(firstLeftMs, this.#totalMsMax));
    });
  }
}
