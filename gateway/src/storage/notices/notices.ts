import { Socket } from 'node:net';
import { Client } from 'pg';
import { toError } from '../../domain/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { Random } from '../../runtime/random.ts';
import { CHANNELS, type Channel } from './channels.ts';

const ANSWER_MS_MAX = 5000;
/** A line that was cut without a word is noticed after this and an unanswered question. */
const PROOF_EVERY_MS = 10_000;
const BACKOFF_MS_FIRST = 100;
const BACKOFF_MS_MAX = 5000;
const LISTEN = Object.values(CHANNELS)
  .map((channel) => `LISTEN ${channel}`)
  .join('; ');

/** Who listens to a channel. Neither function may throw. */
export interface NoticeListener {
  onNotice(payload: string): void;
  /**
   * From now on every notice comes; what was told before may have been missed. Look at the rows.
   * Called at the first connection, too.
   */
  onGap(): void;
}

/** What `Notices` needs. */
export interface NoticesParts {
  /** A PostgreSQL connection string. Not through a pooler that shares connections. */
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Hears the notices of all processes on the database, over one connection of its own.
 *
 * While that connection is away nothing is heard and PostgreSQL keeps nothing for later. So every
 * time it is made, all channels are listened to first, and then everyone is told of the gap: what
 * happens before that is in the rows, what happens after it is heard. A connection that gives no
 * sign of life any more is dropped; tries to make a new one come after growing pauses.
 */
export class Notices {
  readonly #parts: NoticesParts;
  readonly #listeners = new Map<Channel, Set<NoticeListener>>();
  #isClosed = false;
  #isHearing = false;
  #running: Promise<void> | null = null;
  #failures = 0;
  #endPause: () => void = () => undefined;

  constructor(parts: NoticesParts) {
    this.#parts = parts;
  }

  /** Begins to listen; returns at once, also when the database is away. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** True while notices are heard. */
  get isHearing(): boolean {
    return this.#isHearing;
  }

  /**
   * Adds a listener, before or after the start.
   * @returns removes it
   */
  listen(channel: Channel, listener: NoticeListener): () => void {
    const others = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, others.add(listener));
    if (this.#isHearing) listener.onGap();
    return () => others.delete(listener);
  }

  /** Hears nothing from now on; resolves when the connection is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endPause();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const why = await this.#hearUntilBroken();
      this.#isHearing = false;
      if (this.#isClosed) return;
      if (this.#failures === 0) this.#parts.log.warn({ cause: why }, 'notices are not heard');
      const rangeMs = Math.min(BACKOFF_MS_FIRST * 2 ** this.#failures, BACKOFF_MS_MAX);
      this.#failures += 1;
      await this.#pause(rangeMs * this.#parts.random.fraction());
    }
  }

  /** One connection's life. @returns why it ended */
  async #hearUntilBroken(): Promise<string> {
    // Our own socket, because only destroying it ends a connection that does not answer.
    const socket = new Socket();
    const client = new Client({
      connectionString: this.#parts.url,
      application_name: 'tickwire notices',
      stream: () => socket,
      keepAlive: true,
      connectionTimeoutMillis: ANSWER_MS_MAX,
      query_timeout: ANSWER_MS_MAX,
    });
    let broken: string | null = null;
    // Once: a connection that is over must not cut the pause before the next.
    const onBreak = (why: string): void => {
      if (broken !== null) return;
      broken = why;
      this.#endPause();
    };
    const isOver = (): boolean => this.#isClosed || broken !== null;
    client.on('error', (error) => onBreak(error.message));
    client.on('end', () => onBreak('the connection ended'));
    client.on('notification', ({ channel, payload }) => {
      for (const listener of this.#listeners.get(channel as Channel) ?? []) {
        listener.onNotice(payload ?? '');
      }
    });
    try {
      await client.connect();
      await client.query(LISTEN);
      this.#begin();
      while (!isOver()) {
        await this.#pause(PROOF_EVERY_MS);
        await client.query('SELECT');
      }
      onBreak('closed');
      return broken ?? '';
    } catch (error) {
      onBreak(toError(error).message);
      return broken ?? '';
    } finally {
      socket.destroy();
    }
  }

  #begin(): void {
    if (this.#failures > 0) this.#parts.log.info('notices are heard again');
    this.#failures = 0;
    this.#isHearing = true;
    for (const listeners of this.#listeners.values()) {
      for (const listener of listeners) listener.onGap();
    }
  }

  /** Ends early when the connection breaks or the gateway stops. */
  async #pause(durationMs: number): Promise<void> {
    const over = Promise.withResolvers<void>();
    this.#endPause = over.resolve;
    const cancel = this.#parts.clock.after(durationMs, over.resolve);
    if (this.#isClosed) over.resolve();
    await over.promise;
    cancel();
  }
}
