import type { Log } from '../runtime/log.ts';
import type { Peer, Worker } from '../storage/leases/workers.ts';
import type { Mode } from './fair-share.ts';

/** What several processes on one database must have in common, and one may have otherwise. */
export class Surroundings {
  readonly #self: Omit<Worker, 'id'>;
  readonly #log: Log;
  #hasOtherSimulator = false;
  #hasOtherToken = false;

  constructor(self: Omit<Worker, 'id'>, log: Log) {
    this.#self = self;
    this.#log = log;
  }

  /** Which services this process serves now. */
  get modes(): readonly Mode[] {
    const { modes } = this.#self;
    return this.#hasOtherSimulator ? modes.filter((mode) => mode !== 'test') : modes;
  }

  /**
   * Compares itself with the others. Test services live in one simulated world: of two processes
   * with different ones the older serves them.
   */
  look(peers: readonly Peer[]): void {
    const { simulator } = this.#self;
    const isOther = (peer: Peer): boolean =>
      peer.isOlder && peer.simulator !== null && peer.simulator !== simulator;
    const hasOtherSimulator = simulator !== null && peers.some(isOther);
    if (hasOtherSimulator && !this.#hasOtherSimulator) {
      this.#log.error(
        'Test services are not served by this process: another process on this database has ' +
          'another simulator. Give all of them the same TICKWIRE_SIMULATOR_URL.',
      );
    }
    this.#hasOtherSimulator = hasOtherSimulator;
    const hasOtherToken = peers.some((peer) => !peer.hasSameAdminToken);
    if (hasOtherToken && !this.#hasOtherToken) {
      this.#log.warn(
        'Another process on this database has another admin token. Give all of them the same ' +
          'TICKWIRE_ADMIN_TOKEN.',
      );
    }
    this.#hasOtherToken = hasOtherToken;
  }
}
