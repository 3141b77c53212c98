import { serviceId as serviceIdOf, type ServiceId } from '../domain/ids.ts';
import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { listDueServices } from '../storage/messages/list-due-services.ts';
import { CHANNELS } from '../storage/notices/channels.ts';
import type { Notices } from '../storage/notices/notices.ts';
import { notifyAll } from '../storage/notices/notify.ts';

const LOOK_EVERY_MS = 5000;

/** What is needed to hear what is due. */
export interface DueParts {
  readonly database: Database;
  readonly notices: Notices;
  readonly isHeld: (serviceId: ServiceId) => boolean;
  readonly held: () => readonly ServiceId[];
  /** Something may be due. */
  readonly wake: (serviceId: ServiceId) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Tells the owners of accounts, by a notice, that messages joined their queues. */
export function tellOwners(database: Database, log: Log, services: Iterable<ServiceId>): void {
  notifyAll(database, CHANNELS.messagesDue, [...new Set(services)]).catch((error: unknown) => {
    log.warn({ err: toError(error) }, 'another process was not told; it will look by itself');
  });
}

/**
 * Hears what other processes accepted for the accounts that this one owns. A notice may be missed,
 * so every now and then it looks which of its accounts have something due.
 */
export class DueLook {
  readonly #parts: DueParts;
  #cancel: () => void = () => undefined;
  #stopListening: () => void = () => undefined;

  constructor(parts: DueParts) {
    this.#parts = parts;
  }

  start(): void {
    const { notices, isHeld, wake } = this.#parts;
    this.#stopListening = notices.listen(CHANNELS.messagesDue, {
      onNotice: (payload) => {
        const serviceId = serviceIdOf(Number(payload));
        if (isHeld(serviceId)) wake(serviceId);
      },
      onGap: () => void this.#look(),
    });
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
    const { database, held, isHeld, wake, log } = this.#parts;
    try {
      for (const serviceId of await listDueServices(database.pool, held())) {
        if (isHeld(serviceId)) wake(serviceId);
      }
    } catch (error) {
      log.warn({ err: toError(error) }, 'what is due could not be looked at; trying again');
    }
  }
}
