import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { CHANNELS } from '../storage/notices/channels.ts';
import type { Notices } from '../storage/notices/notices.ts';
import type { Sessions } from './sessions.ts';

const LOOK_EVERY_MS = 10_000;

/** What is needed to know which accounts are wanted. */
export interface WantedParts {
  readonly notices: Notices;
  readonly sessions: Pick<Sessions, 'giveUpUnwanted'>;
  readonly held: () => readonly ServiceId[];
  /** There may be leases to gain. */
  readonly freed: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Hears of accounts that became free, and looks every now and then whether what is held is wanted
 * still: a wish of another process may have been missed, and a service ends without one.
 */
export class WantedLook {
  readonly #parts: WantedParts;
  #stopListening: () => void = () => undefined;
  #cancel: () => void = () => undefined;

  constructor(parts: WantedParts) {
    this.#parts = parts;
  }

  start(): void {
    const { notices, freed } = this.#parts;
    this.#stopListening = notices.listen(CHANNELS.leasesFreed, { onNotice: freed, onGap: freed });
    this.#lookLater();
  }

  stop(): void {
    this.#cancel();
    this.#stopListening();
  }

  #lookLater(): void {
    this.#cancel = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      this.#lookLater();
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    try {
      await this.#parts.sessions.giveUpUnwanted(this.#parts.held());
    } catch (error) {
      const err = toError(error);
      this.#parts.log.warn({ err }, 'what is wanted could not be looked at; trying again');
    }
  }
}
