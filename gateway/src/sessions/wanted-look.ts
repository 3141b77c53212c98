import { toError } from '../domain/errors.ts';
import { serviceId as serviceIdOf, type ServiceId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { CHANNELS } from '../storage/notices/channels.ts';
import type { Notices } from '../storage/notices/notices.ts';
import type { Sessions } from './sessions.ts';

const LOOK_EVERY_MS = 10_000;

/** What is needed to know which accounts are wanted. */
export interface WantedParts {
  readonly notices: Notices;
  readonly sessions: Pick<Sessions, 'giveUpUnwanted' | 'standingChanged'>;
  readonly held: () => readonly ServiceId[];
  /** There may be leases to gain. */
  readonly freed: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Hears of accounts that became free, and of wishes: to connect one that is held here, or that
 * nobody holds, or to close one. Looks every now and then whether what is held is wanted still: a
 * wish of another process may have been missed, and a service ends without one.
 */
export class WantedLook {
  readonly #parts: WantedParts;
  readonly #stops: (() => void)[] = [];
  #cancel: () => void = () => undefined;

  constructor(parts: WantedParts) {
    this.#parts = parts;
  }

  start(): void {
    const { notices, freed } = this.#parts;
    this.#stops.push(
      notices.listen(CHANNELS.leasesFreed, { onNotice: freed, onGap: freed }),
      notices.listen(CHANNELS.sessionWanted, {
        onNotice: (payload) => void this.#heed(serviceIdOf(Number(payload))),
        onGap: () => void this.#look(),
      }),
    );
    this.#lookLater();
  }

  stop(): void {
    this.#cancel();
    for (const stop of this.#stops) stop();
  }

  #lookLater(): void {
    this.#cancel = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      this.#lookLater();
      void this.#look();
    });
  }

  async #heed(serviceId: ServiceId): Promise<void> {
    try {
      await this.#parts.sessions.standingChanged(serviceId);
    } catch (error) {
      const err = toError(error);
      this.#parts.log.warn({ err, serviceId }, 'a wish was not carried out; it is looked at later');
    }
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
