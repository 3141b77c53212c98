import { LRUCache } from 'lru-cache';
import type { ServiceId } from '../../domain/ids.ts';
import { LeaseLost, type Lease } from '../../domain/lease.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { createSealer, type Sealer } from '../../runtime/seal.ts';
import type { Database } from '../database.ts';
import { whenDatabaseAnswers } from '../when-database-answers.ts';
import {
  deleteAccountKeys,
  listAccountKeys,
  loadAccountKeys,
  saveAccountKeys,
  type AccountKeyWrite,
} from './account-keys.ts';

const RETRY_AFTER_MS = 250;
const REST_MS = 3;
const CACHED_KEYS_PER_SERVICE_MAX = 2000;
/** What is read once, if at all, long after it was written: caching it only costs memory. */
const UNCACHED_TYPES = new Set(['pre-key', 'arrival']);

/** How key objects become bytes and back; the protocol side knows. */
interface Codec {
  encode(type: string, value: unknown): Buffer;
  decode(type: string, bytes: Buffer): unknown;
}

interface StagedKey {
  readonly type: string;
  readonly name: string;
  readonly value: unknown;
}

/** What one account has in memory. */
interface AccountShelf {
  /** Under which it was filled; what another owner wrote meanwhile is not in it. */
  readonly lease: Lease;
  readonly sealer: Sealer;
  /** Known values; null remembers that there is none. */
  readonly cache: LRUCache<string, { readonly value: unknown }>;
  /** Staged and not yet in a flush. */
  staged: Map<string, StagedKey>;
  /** In the flush that is on its way. */
  flushing: Map<string, StagedKey>;
  /** Another owner has the account: what is staged is never written. */
  isLost: boolean;
}

/**
 * Keeps the keys of all accounts: sealed in PostgreSQL, the hot ones in memory, written by one
 * flush at a time that takes whatever all accounts have staged meanwhile (group commit).
 *
 * A flush that fails is repeated until it succeeds: the keys in it were used in memory already, and
 * the frames that depend on them wait. A load waits for a database that is away: the library would
 * tell WhatsApp that a message whose keys it can not load is not wanted.
 *
 * Everything is asked for under a lease. What is in memory belongs to one lease and goes with it;
 * what a former owner stages late goes nowhere, and what it waits for is never durable.
 */
export class StoredKeyVault {
  readonly #database: Database;
  readonly #masterKey: Buffer;
  readonly #codec: Codec;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #shelves = new Map<ServiceId, AccountShelf>();
  /** The epochs up to which an account's leases are over here. */
  readonly #ended = new Map<ServiceId, number>();
  readonly #onLost: (lease: Lease) => void;
  /** The flush on its way, and the one that will follow it when something is staged meanwhile. */
  #current: Promise<void> | null = null;
  #next: PromiseWithResolvers<void> | null = null;
  #isResting = false;
  /** True until the current flush has taken what is staged. */
  #isGathering = false;

  /** @param onLost told when the database refuses what was written under a lease */
  constructor(
    database: Database,
    masterKey: Buffer,
    codec: Codec,
    clock: Clock,
    log: Log,
    onLost: (lease: Lease) => void = () => undefined,
  ) {
    this.#database = database;
    this.#masterKey = masterKey;
    this.#codec = codec;
    this.#clock = clock;
    this.#log = log;
    this.#onLost = onLost;
  }

  async load(lease: Lease, type: string, names: readonly string[]): Promise<Map<string, unknown>> {
    const shelf = this.#shelf(lease);
    const found = new Map<string, unknown>();
    const unknownNames: string[] = [];
    for (const name of names) {
      const known = knownValue(shelf, `${type}|${name}`);
      if (known === undefined) unknownNames.push(name);
      else if (known.value !== null) found.set(name, known.value);
    }
    if (unknownNames.length === 0) return found;
    const sealedValues = await whenDatabaseAnswers(this.#clock, () =>
      loadAccountKeys(this.#database.pool, lease.serviceId, type, unknownNames),
    );
    if (shelf.isLost) throw new LeaseLost(lease);
    for (const name of unknownNames) {
      const key = `${type}|${name}`;
      // What was staged while the query ran is newer than its answer.
      const newer = knownValue(shelf, key);
      const value = newer ? newer.value : this.#opened(shelf, type, name, sealedValues);
      if (!UNCACHED_TYPES.has(type)) shelf.cache.set(key, { value });
      if (value !== null) found.set(name, value);
    }
    return found;
  }

  async list(lease: Lease, type: string): Promise<Map<string, unknown>> {
    // What is staged while the query runs is not asked for: its owner is the one who lists.
    await this.durable(lease);
    const shelf = this.#shelf(lease);
    const sealedValues = await whenDatabaseAnswers(this.#clock, () =>
      listAccountKeys(this.#database.pool, lease.serviceId, type),
    );
    return new Map(
      [...sealedValues.keys()].map((name) => [name, this.#opened(shelf, type, name, sealedValues)]),
    );
  }

  stage(lease: Lease, type: string, name: string, value: unknown): void {
    if (this.#isOver(lease)) return;
    const shelf = this.#shelf(lease);
    const key = `${type}|${name}`;
    const known = shelf.staged.get(key) ?? shelf.flushing.get(key);
    // The library hands the same object twice: when it is made, and when its transaction commits.
    if (known !== undefined && known.value === value) return;
    shelf.staged.set(key, { type, name, value });
    if (!UNCACHED_TYPES.has(type)) shelf.cache.set(key, { value });
    this.#schedule();
  }

  durable(lease: Lease): Promise<void> | null {
    if (this.#isOver(lease)) return Promise.reject(new LeaseLost(lease));
    const shelf = this.#shelves.get(lease.serviceId);
    if (shelf === undefined) return null;
    const flush =
      shelf.staged.size > 0
        ? (this.#next?.promise ?? this.#current)
        : shelf.flushing.size > 0
          ? this.#current
          : null;
    return (
      flush &&
      flush.then(() => {
        if (shelf.isLost) throw new LeaseLost(lease);
      })
    );
  }

  async forget(lease: Lease): Promise<void> {
    const shelf = this.#shelf(lease);
    shelf.staged.clear();
    await this.#current;
    shelf.cache.clear();
    await deleteAccountKeys(this.#database.pool, lease);
  }

  async release(lease: Lease): Promise<void> {
    await this.durable(lease)?.catch(() => undefined);
    this.drop(lease);
  }

  drop(lease: Lease): void {
    const { serviceId, epoch } = lease;
    this.#ended.set(serviceId, Math.max(epoch, this.#ended.get(serviceId) ?? 0));
    const shelf = this.#shelves.get(serviceId);
    if (shelf === undefined || shelf.lease.epoch > epoch) return;
    shelf.isLost = true;
    this.#shelves.delete(serviceId);
  }

  /** Resolves when everything staged by then is committed. */
  async close(): Promise<void> {
    while (this.#current !== null || this.#next !== null) {
      await (this.#next?.promise ?? this.#current);
    }
  }

  #isOver({ serviceId, epoch }: Lease): boolean {
    return epoch <= (this.#ended.get(serviceId) ?? -1);
  }

  /** @throws LeaseLost */
  #shelf(lease: Lease): AccountShelf {
    if (this.#isOver(lease)) throw new LeaseLost(lease);
    const existing = this.#shelves.get(lease.serviceId);
    if (existing?.lease.epoch === lease.epoch) return existing;
    if (existing !== undefined) this.drop(existing.lease);
    const shelf: AccountShelf = {
      lease,
      sealer: createSealer(this.#masterKey, `account:${lease.serviceId}`),
      cache: new LRUCache({ maxSize: CACHED_KEYS_PER_SERVICE_MAX, sizeCalculation: () => 1 }),
      staged: new Map(),
      flushing: new Map(),
      isLost: false,
    };
    this.#shelves.set(lease.serviceId, shelf);
    return shelf;
  }

  #opened(
    shelf: AccountShelf,
    type: string,
    name: string,
    sealedValues: Map<string, Buffer>,
  ): unknown {
    const sealed = sealedValues.get(name);
    if (sealed === undefined) return null;
    return this.#codec.decode(type, shelf.sealer.open(`${type}|${name}`, sealed));
  }

  #schedule(): void {
    if (this.#isGathering) return;
    this.#next ??= Promise.withResolvers<void>();
    if (this.#current === null && !this.#isResting) this.#startFlush();
  }

  #startFlush(): void {
    const done = this.#next;
    if (done === null) return;
    this.#next = null;
    this.#current = done.promise;
    this.#isGathering = true;
    // When this turn of the event loop is over, so that what belongs together is one flush: a step
    // of a ratchet and the plaintext it gave.
    setImmediate(() => {
      void this.#flush().then(() => {
        this.#current = null;
        done.resolve();
        this.#rest();
      });
    });
  }

  /** A short rest after each flush, so that under load many steps share one commit. */
  #rest(): void {
    this.#isResting = true;
    this.#clock.after(REST_MS, () => {
      this.#isResting = false;
      this.#startFlush();
    });
  }

  async #flush(): Promise<void> {
    this.#isGathering = false;
    const writes: AccountKeyWrite[] = [];
    const touched: AccountShelf[] = [];
    for (const shelf of this.#shelves.values()) {
      if (shelf.staged.size === 0) continue;
      touched.push(shelf);
      shelf.flushing = shelf.staged;
      shelf.staged = new Map();
      for (const [key, { type, name, value }] of shelf.flushing) {
        const sealed =
          value === null ? null : shelf.sealer.seal(key, this.#codec.encode(type, value));
        writes.push({ lease: shelf.lease, type, name, sealed });
      }
    }
    if (writes.length > 0) await this.#saveUntilDone(writes);
    for (const shelf of touched) shelf.flushing = new Map();
  }

  async #saveUntilDone(writes: AccountKeyWrite[]): Promise<void> {
    for (;;) {
      try {
        for (const lease of await saveAccountKeys(this.#database.pool, writes)) {
          this.drop(lease);
          this.#onLost(lease);
        }
        return;
      } catch (error) {
        this.#log.error(
          { err: error, keys: writes.length },
          'keys could not be written; trying again',
        );
        await new Promise<void>((resolve) => this.#clock.after(RETRY_AFTER_MS, resolve));
      }
    }
  }
}

function knownValue(shelf: AccountShelf, key: string): { readonly value: unknown } | undefined {
  return shelf.staged.get(key) ?? shelf.flushing.get(key) ?? shelf.cache.get(key);
}
