import type { Clock } from '../clock/clock.ts';
import type { Impairment } from './device-line.ts';

/** Where bytes to the client go. */
interface Wire {
  write(bytes: Buffer): void;
  /** Writes a part of a frame as its last bytes, and cuts. */
  cutAfter(bytes: Buffer): void;
}

/** How good one client's line is: perfect until a fault impairs it. */
export class LineQuality {
  readonly #clock: Clock;
  #delayMs = 0;
  #isDead = false;
  #bytesLeft = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  impair(impairment: Exclude<Impairment, { kind: 'mute' }>): void {
    switch (impairment.kind) {
      case 'dead':
        this.#isDead = true;
        break;
      case 'slow':
        this.#delayMs = impairment.delayMs;
        break;
      case 'cut':
        this.#bytesLeft = impairment.afterBytes;
        break;
    }
  }

  /** Lets something that came in be handled, now, later or never. The order stays. */
  receive(handle: () => void): void {
    this.#pass(handle);
  }

  /** Lets a frame go out: now, later, in part or never. */
  send(frame: Buffer, wire: Wire): void {
    if (this.#bytesLeft < frame.length) {
      const part = frame.subarray(0, this.#bytesLeft);
      this.#isDead = true;
      wire.cutAfter(part);
      return;
    }
    this.#bytesLeft -= frame.length;
    this.#pass(() => wire.write(frame));
  }

  #pass(action: () => void): void {
    if (this.#isDead) return;
    if (this.#delayMs === 0) action();
    else this.#clock.after(this.#delayMs, () => this.#isDead || action());
  }
}
