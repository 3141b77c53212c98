import type { Clock } from '../runtime/clock.ts';

/** At once, of all services: those that have just begun. */
const YOUNG_MAX = 64;
/** What takes longer gives its place to another, and is watched. */
const YOUNG_MS = 1000;
/** Of endpoints that are slow or failed last, so that those never take all places. */
const SUSPECTS_MAX = 32;
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
}

/**
 * How many deliveries may be on their way.
 *
 * There are 64 places. An endpoint that hangs holds its own for many seconds, and if enough of them
 * hang at once they would hold all. So what takes longer than a second no longer counts as one of the
 * 64, and its endpoint is not trusted until something goes well again; those that are not trusted
 * share half of the places.
 */
export class Places {
  readonly #clock: Clock;
  readonly #onFree: () => void;
  /** Oldest first. */
  readonly #young = new Set<Place>();
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
    const place = { holder, beganMs, isSuspect: !holder.isTrusted };
    this.#young.add(place);
    this.#all += 1;
    if (place.isSuspect) this.#suspects += 1;
    if (this.#cancelAlarm === null) this.#setAlarm(YOUNG_MS);
    return place;
  }

  free(place: Place): void {
    this.#young.delete(place);
    this.#all -= 1;
    if (place.isSuspect) this.#suspects -= 1;
  }

  /** Ends the watch. */
  close(): void {
    this.#cancelAlarm?.();
  }

  #setAlarm(delayMs: number): void {
    this.#cancelAlarm = this.#clock.after(delayMs, () => {
      this.#cancelAlarm = null;
      const oldest = this.#takeOutSlow();
      if (oldest !== null) this.#setAlarm(oldest.beganMs + YOUNG_MS - this.#clock.monotonicMs());
    });
  }

  /** @returns the oldest that is young */
  #takeOutSlow(): Place | null {
    const nowMs = this.#clock.monotonicMs();
    const before = this.#young.size;
    let oldest: Place | null = null;
    for (const place of this.#young) {
      if (place.beganMs + YOUNG_MS > nowMs) {
        oldest = place;
        break;
      }
      this.#young.delete(place);
      place.holder.isTrusted = false;
      if (!place.isSuspect) this.#suspects += 1;
      place.isSuspect = true;
    }
    if (this.#young.size < before) this.#onFree();
    return oldest;
  }
}
