import { toError } from '../domain/errors.ts';
import { serviceId as serviceIdOf, type ServiceId } from '../domain/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { CHANNELS } from '../storage/notices/channels.ts';
import type { Notices } from '../storage/notices/notices.ts';
import type { Sessions } from './sessions.ts';

const LOOK_EVERY_MS = 10_000;

/** What is needed to hear which accounts are wanted. */
export interface WantedParts {
  readonly notices: Notices;
  readonly sessions: Pick<Sessions, 'lookAgain'>;
  readonly isHeld: (serviceId: ServiceId) => boolean;
  readonly held: () => readonly ServiceId[];
  /** There may be leases to gain. */
  readonly freed: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Hears from other processes which accounts are wanted, not wanted any more, or free. A notice may
 * be missed, so every now and then it looks by itself; free leases are looked for anyhow.
 */
export class WantedLook {
  readonly #parts: WantedParts;
  readonly #stops: (() => void)[] = [];
  #cancel: () => void = () => undefined;

  constructor(parts: WantedParts) {
    this.#parts = parts;
  }

  start(): void {
    const { notices, isHeld, held, freed } = this.#parts;
    const onGap = (): void => {
      freed();
    };
    this.#stops.push(
      notices.listen(CHANNELS.leasesFreed, { onNotice: freed, onGap }),
      notices.listen(CHANNELS.sessionWanted, {
        onNotice: (payload) => {
          const serviceId = serviceIdOf(Number(payload));
          if (isHeld(serviceId)) void this.#look([serviceId]);
          else freed();
        },
        onGap: () => void this.#look(held()),
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
      void this.#look(this.#parts.held());
    });
  }

  async #look(serviceIds: readonly ServiceId[]): Promise<void> {
    try {
      await this.#parts.sessions.lookAgain(serviceIds);
    } catch (error) {
      const err = toError(error);
      this.#parts.log.warn({ err }, 'what is wanted could not be looked at; trying again');
    }
  }
}
