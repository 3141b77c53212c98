import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { CHANNELS } from '../storage/notices/channels.ts';
import { notifyAll } from '../storage/notices/notify.ts';

/**
 * Tells every process that something was kept for those who listen: after the commit and in a
 * statement of its own, since a NOTIFY inside would let one commit wait for the other; one statement
 * at a time, for all that came meanwhile.
 */
export class FeedTeller {
  readonly #database: Database;
  readonly #log: Log;
  #untold = new Set<ServiceId>();
  #isTelling = false;

  constructor(database: Database, log: Log) {
    this.#database = database;
    this.#log = log;
  }

  /** Never throws: what is not told is found by a look, half a second later. */
  tell(services: Iterable<ServiceId>): void {
    for (const serviceId of services) this.#untold.add(serviceId);
    if (!this.#isTelling && this.#untold.size > 0) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true;
    while (this.#untold.size > 0) {
      const services = [...this.#untold];
      this.#untold = new Set();
      try {
        await notifyAll(this.#database, CHANNELS.eventsKept, services);
      } catch (error) {
        this.#log.debug({ err: toError(error) }, 'listeners were not told');
      }
    }
    this.#isTelling = false;
  }
}
