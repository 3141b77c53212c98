import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { Rounds } from '../runtime/rounds.ts';
import type { Database } from '../storage/database.ts';
import { findDrift, type Reconciliation } from '../storage/ledger/find-drift.ts';

const EVERY_MS = 60 * 60 * 1000;
const AGAIN_AFTER_MS = 60_000;

/**
 * Looks every hour whether each balance is the sum of its entries. The database lets the two move
 * together only; this is for the day on which somebody repaired something by hand.
 */
export class Reconciler {
  readonly #database: Database;
  readonly #rounds: Rounds;
  readonly #log: Log;
  #last: Reconciliation | null = null;

  constructor(database: Database, clock: Clock, log: Log) {
    this.#database = database;
    this.#log = log;
    this.#rounds = new Rounds({
      clock,
      log,
      run: () => this.look(),
      delayMs: () => EVERY_MS,
      delayAfterFailureMs: AGAIN_AFTER_MS,
      complaint: 'the ledger was not looked at; trying again',
    });
  }

  /** By how many cents all wallets together are off; null before the first look. */
  get driftCents(): number | null {
    if (this.#last === null) return null;
    const off = this.#last.drifted.map(({ balance, entries }) => Math.abs(balance - entries));
    return off.reduce((sum, cents) => sum + cents, Math.abs(this.#last.sum));
  }

  start(): void {
    this.#rounds.start();
  }

  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  /** One look. */
  async look(): Promise<void> {
    const found = await findDrift(this.#database.pool);
    this.#last = found;
    if (this.driftCents === 0) return;
    const { drifted, sum } = found;
    this.#log.error({ drifted, sum }, 'the ledger does not agree with itself: look at it now');
  }
}
