import type { Clock } from '../runtime/clock.ts';
import { Slots } from './slots.ts';

/**
 * At once, of all services: those that have just begun. Endpoints that take 0.2 seconds to answer get
 * 1280 a second then, all together.
 */
const YOUNG_MAX = 256;
/** What takes longer gives its place to another, and is watched. */
const YOUNG_MS = 1000;
/** Of endpoints that are slow or failed last, so that those never take all places. */
const SUSPECTS_MAX = 128;
/** Connections, whatever happens. */
const ALL_MAX = 512;

/** Whoever has a place. */
export interface Placed {
  /** The last that was posted to it went well, and quickly. */
  isTrusted: boolean;
}

/** A place that is taken. */
export interface Place {
  readonly holder: Placed;
  readonly beganMs: number;
  isSuspect: boolean;
  /** While it is young. */
  slot: number | null;
}

/**
 * How many deliveries may be on their way.
 *
 * There are 256 places. An endpoint that hangs holds its own for many seconds, and if enough of them
 * hang at once they would hold all. So what takes longer than a second no longer counts as one of
 * them, and its endpoint is not trusted until something goes well again; those that are not trusted
 * share half of the places.
 */
export class Places {
  readonly #clock: Clock;
  readonly #onFree: () => void;
  readonly #young = new Slots<Place>();
  #suspects = 0;
  #all = 0;
  #cancelAlarm: (() => void) | null = null;

  /** @param onFree called when places became free by themselves */
  constructor(clock: Clock, onFree: () => void) {
    this.#clock = clock;
    this.#onFree = onFree;
  }

  /** False when nobody at all may begin. */
  get hasRoom(): boolean {
    return this.#young.size < YOUNG_MAX && this.#all < ALL_MAX;
  }

  hasRoomFor({ isTrusted }: Placed): boolean {
    return this.hasRoom && (isTrusted || this.#suspects < SUSPECTS_MAX);
  }

  take(holder: Placed): Place {
    const beganMs = this.#clock.monotonicMs();
    const place: Place = { holder, beganMs, isSuspect: !holder.isTrusted, slot: null };
    place.slot = this.#young.add(place);
    this.#all += 1;
    if (place.isSuspect) this.#suspects += 1;
    if (this.#cancelAlarm === null) this.#setAlarm(YOUNG_MS);
    return place;
  }

  free(place: Place): void {
    this.#leaveYoung(place);
    this.#all -= 1;
    if (place.isSuspect) this.#suspects -= 1;
  }

  /** Ends the watch. */
  close(): void {
    this.#cancelAlarm?.();
  }

  #leaveYoung(place: Place): void {
    if (place.slot !== null) this.#young.remove(place.slot);
    place.slot = null;
  }

  #setAlarm(delayMs: number): void {
    this.#cancelAlarm = this.#clock.after(delayMs, () => {
      this.#cancelAlarm = null;
      const nextMs = this.#takeOutSlow();
      if (nextMs !== null) this.#setAlarm(nextMs);
    });
  }

  /** @returns after how many milliseconds the next is slow, if it lasts; null when none is left */
  #takeOutSlow(): number | null {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#young.size;
    let nextMs = YOUNG_MS;
    for (const place of this.#young) {
      const leftMs = place.beganMs + YOUNG_MS - nowMs;
      if (leftMs > 0) nextMs = Math.min(nextMs, leftMs);
      else {
        this.#leaveYoung(place);
        place.holder.isTrusted = false;
        if (!place.isSuspect) this.#suspects += 1;
        place.isSuspect = true;
      }
    }
    if (this.#young.size < before) this.#onFree();
    return this.#young.size === 0 ? null : nextMs;
  }
}
