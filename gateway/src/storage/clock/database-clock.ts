import { toError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../database.ts';
import { NO_TIME, readTime, type ClockNews, type DatabaseTime } from './database-time.ts';

const READ_EVERY_MS = 5000;
/** An answer that took longer tells the time too roughly. */
const ROUND_TRIP_MS_MAX = 2000;
const READ = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms';

const SENTENCES: Record<Exclude<ClockNews, null>, string> = {
  jumped:
    'The clock of the database has jumped by more than an hour. Scheduled messages and expiry wait ' +
    'until it has stayed so for ten minutes, or is back.',
  believed: 'The clock of the database has stayed where it jumped to and is believed now.',
  returned: 'The clock of the database is back where it was.',
};

/**
 * The database's time as a clock: what this machine's own wall clock says, or jumps to, does not
 * matter. Intervals are this machine's, as ever. What is believed of a jump: `database-time.ts`.
 */
export class DatabaseClock implements Clock {
  readonly #database: Database;
  readonly #local: Clock;
  readonly #log: Log;
  #time: DatabaseTime = NO_TIME;
  #cancel: () => void = () => undefined;

  /** @param local this machine's clock */
  constructor(database: Database, local: Clock, log: Log) {
    this.#database = database;
    this.#local = local;
    this.#log = log;
  }

  /** Reads the time for the first time, then every few seconds. */
  async start(): Promise<void> {
    await this.#read();
    this.#readLater();
  }

  stop(): void {
    this.#cancel();
  }

  now(): number {
    const { offsetMs } = this.#time;
    return offsetMs === null ? this.#local.now() : Math.round(offsetMs + this.#local.monotonicMs());
  }

  monotonicMs(): number {
    return this.#local.monotonicMs();
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#local.after(delayMs, run);
  }

  #readLater(): void {
    this.#cancel = this.#local.after(READ_EVERY_MS, () => {
      void this.#readAgain();
    });
  }

  async #readAgain(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#log.debug({ err: toError(error) }, 'the time of the database could not be read');
    }
    this.#readLater();
  }

  async #read(): Promise<void> {
    const askedAtMs = this.#local.monotonicMs();
    const { rows } = await this.#database.pool.query<{ now_ms: number }>(READ);
    const answeredAtMs = this.#local.monotonicMs();
    const isRough = answeredAtMs - askedAtMs > ROUND_TRIP_MS_MAX;
    const [row] = rows;
    if (row === undefined || (isRough && this.#time.offsetMs !== null)) return;
    const { time, news } = readTime(this.#time, row.now_ms, (askedAtMs + answeredAtMs) / 2);
    this.#time = time;
    if (news !== null) this.#log[news === 'jumped' ? 'error' : 'warn'](SENTENCES[news]);
  }
}
