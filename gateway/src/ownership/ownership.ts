import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { toError } from '../domain/errors.ts';
import type { ServiceId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { isDatabaseAway } from '../storage/database-away.ts';
import {
  acquireLeases,
  countLeases,
  releaseLeases,
  releaseOtherLeases,
  type GainedLease,
  type LeaseOrder,
} from '../storage/leases/acquire-leases.ts';
import {
  beat,
  buryWorker,
  registerWorker,
  removeWorker,
  type Worker,
} from '../storage/leases/workers.ts';
import { whenDatabaseAnswers } from '../storage/when-database-answers.ts';
import type { Mode } from './fair-share.ts';
import { mayOpen, mayUse, OUTSIDE, stepOwnership } from './ownership-machine.ts';
import type { OwnershipEffect, OwnershipEvent, OwnershipModel } from './ownership-model.ts';
import type { OwnershipTimes } from './ownership-times.ts';
import { Surroundings } from './surroundings.ts';

const TICK_MS = 250;
const SEEK_TRIES = 4;
const SEEK_AGAIN_MS = 50;
const DEPART_MS_MAX = 5000;

/** Who does with the accounts what ownership decides. */
interface AccountHolder {
  /** The account is ours: its socket may be opened. */
  take(gained: GainedLease): void;
  /** Resolves when the account's socket is closed and everything about it is kept. */
  end(lease: Lease): Promise<void>;
  /** The account may be another's: its socket is cut, and nothing about it is kept. */
  drop(lease: Lease): void;
}

/** What ownership needs. */
export interface OwnershipParts {
  /** A pool of its own, which notices soon that it gets no answer. */
  readonly pool: Pool;
  readonly holder: AccountHolder;
  readonly self: Omit<Worker, 'id'>;
  readonly times: OwnershipTimes;
  readonly clock: Clock;
  readonly log: Log;
}

/** Carries out what the ownership machine decides: this process among the workers. */
export class Ownership {
  readonly #parts: OwnershipParts;
  readonly #surroundings: Surroundings;
  #model: OwnershipModel = OUTSIDE.model;
  #ids: string[] = [];
  /** Gaining is one at a time, so that what was gained without an answer can be told. */
  #gaining: Promise<unknown> = Promise.resolve();
  #mayHoldUnknown = false;
  readonly #entered = Promise.withResolvers<void>();
  readonly #departed = Promise.withResolvers<void>();
  readonly #endings = new Map<ServiceId, Promise<void>>();
  #cancelTick: () => void = () => undefined;

  constructor(parts: OwnershipParts) {
    this.#parts = parts;
    this.#surroundings = new Surroundings(parts.self, parts.log);
  }

  /** Enters among the workers; resolves when that is done for the first time. */
  async start(): Promise<void> {
    this.#carryOutAll(OUTSIDE.effects);
    this.#tick();
    await this.#entered.promise;
  }

  /** Ends every account, frees the leases and leaves. */
  async stop(): Promise<void> {
    this.#dispatch({ type: 'leave' });
    await this.#departed.promise;
    this.#cancelTick();
  }

  mayOpen(lease: Lease): boolean {
    return mayOpen(this.#model, lease, this.#parts.clock.monotonicMs(), this.#parts.times);
  }

  mayUse(lease: Lease): boolean {
    return mayUse(this.#model, lease, this.#parts.clock.monotonicMs());
  }

  isHeld(serviceId: ServiceId): boolean {
    return this.leaseOf(serviceId) !== null;
  }

  /** The lease of an account that is held, or null. */
  leaseOf(serviceId: ServiceId): Lease | null {
    const holding = this.#model.held.get(serviceId);
    return holding?.isEnding === false ? holding.lease : null;
  }

  /** All that is held. */
  leases(): Lease[] {
    return [...this.#model.held.values()].filter((one) => !one.isEnding).map((one) => one.lease);
  }

  /** The account shows codes to link it with, or does not any more. */
  linking(lease: Lease, isLinking: boolean): void {
    this.#dispatch({ type: 'linking', lease, isLinking });
  }

  /** A write was refused: it is asked at once who we are. */
  doubt(): void {
    this.#dispatch({ type: 'doubt' });
  }

  /** A lease may have become free, or be wanted. */
  freed(): void {
    this.#dispatch({ type: 'freed' });
  }

  /**
   * Gains this account now, if nobody has it.
   * @returns whether it is ours
   */
  async seek(serviceId: ServiceId): Promise<boolean> {
    for (let tries = 0; tries < SEEK_TRIES; tries += 1) {
      await this.#endings.get(serviceId);
      if (this.isHeld(serviceId)) return true;
      await this.#gain({ countMax: 1, serviceId, modes: this.#surroundings.modes });
      if (this.isHeld(serviceId)) return true;
      // A statement about it may have been under way.
      await new Promise<void>((resolve) => this.#parts.clock.after(SEEK_AGAIN_MS, resolve));
    }
    return false;
  }

  /** Ends an account that is not wanted any more. */
  async letGo(serviceId: ServiceId): Promise<void> {
    this.#dispatch({ type: 'unwanted', serviceId });
    await this.#endings.get(serviceId);
  }

  #tick(): void {
    this.#cancelTick = this.#parts.clock.after(TICK_MS, () => {
      this.#tick();
      this.#dispatch({ type: 'time' });
    });
  }

  #dispatch(event: OwnershipEvent): void {
    const { clock, times } = this.#parts;
    const { model, effects } = stepOwnership(this.#model, event, clock.monotonicMs(), times);
    this.#model = model;
    this.#carryOutAll(effects);
  }

  #carryOutAll(effects: readonly OwnershipEffect[]): void {
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: OwnershipEffect): void {
    const { holder, log } = this.#parts;
    switch (effect.type) {
      case 'enter':
        void this.#enter(effect.run);
        break;
      case 'beat':
        void this.#beat(effect.run);
        break;
      case 'look':
        void this.#look(effect.room);
        break;
      case 'take':
        holder.take(effect.gained as GainedLease);
        break;
      case 'end':
        this.#end(effect.lease);
        break;
      case 'drop':
        log.warn({ accounts: effect.leases.length }, 'accounts are given up: others may have them');
        for (const lease of effect.leases) holder.drop(lease);
        break;
      case 'release':
        void this.#release(effect.leases);
        break;
      case 'bury':
        void this.#bury(effect.peer);
        break;
      case 'depart':
        void this.#depart();
        break;
    }
  }

  async #enter(run: number): Promise<void> {
    const { pool, clock, log } = this.#parts;
    const predecessors = this.#ids.length === 0 ? 'all-at-home' : [...this.#ids];
    const sentAtMs = clock.monotonicMs();
    try {
      const worker = { ...this.#parts.self, id: randomUUID(), modes: this.#surroundings.modes };
      this.#ids.push(worker.id);
      await registerWorker(pool, worker, predecessors);
      this.#ids = [worker.id];
      this.#dispatch({ type: 'entered', run, sentAtMs });
      this.#entered.resolve();
    } catch (error) {
      log.warn({ err: toError(error) }, 'this process could not enter among the workers');
      if (!isDatabaseAway(toError(error))) this.#entered.reject(error);
      this.#dispatch({ type: 'not-entered', run });
    }
  }

  async #beat(run: number): Promise<void> {
    const { pool, clock, log } = this.#parts;
    const sentAtMs = clock.monotonicMs();
    try {
      const peers = await beat(pool, { id: this.#id, modes: this.#surroundings.modes });
      if (peers === null) {
        log.warn('the others took this process for dead');
        this.#dispatch({ type: 'buried', run });
        return;
      }
      this.#surroundings.look(peers);
      const census = peers.length === 0 ? null : await countLeases(pool);
      this.#dispatch({ type: 'beaten', run, sentAtMs, peers, census });
    } catch (error) {
      const err = toError(error);
      log.warn({ err }, 'the leases could not be renewed; trying again');
      this.#dispatch({ type: 'not-beaten', run, sentAtMs, isAway: isDatabaseAway(err) });
    }
  }

  async #look(room: Readonly<Record<Mode, number>>): Promise<void> {
    let foundAll = true;
    for (const mode of this.#surroundings.modes) {
      if (room[mode] === 0) continue;
      const order = { countMax: room[mode], serviceId: null, modes: [mode] };
      if ((await this.#gain(order)) === room[mode]) foundAll = false;
    }
    this.#dispatch({ type: 'looked', foundAll });
  }

  /** @returns how many were gained */
  async #gain(order: Omit<LeaseOrder, 'workerId'>): Promise<number> {
    const gained = this.#gaining.then(() => this.#gainNow(order));
    this.#gaining = gained;
    return await gained;
  }

  async #gainNow(order: Omit<LeaseOrder, 'workerId'>): Promise<number> {
    const { pool, log } = this.#parts;
    const { run, phase } = this.#model;
    if (phase !== 'working') return 0;
    try {
      if (this.#mayHoldUnknown) {
        await releaseOtherLeases(pool, this.#id, [...this.#model.held.keys()]);
        this.#mayHoldUnknown = false;
      }
      const gained = await acquireLeases(pool, { ...order, workerId: this.#id });
      if (gained.length > 0) this.#dispatch({ type: 'gained', run, gained });
      return gained.length;
    } catch (error) {
      // It may have been committed.
      this.#mayHoldUnknown = true;
      log.warn({ err: toError(error) }, 'no leases could be gained; trying again');
      return 0;
    }
  }

  #end(lease: Lease): void {
    const { holder, log } = this.#parts;
    const ended = holder
      .end(lease)
      .catch((error: unknown) => {
        log.error({ err: toError(error), serviceId: lease.serviceId }, 'an account ended badly');
      })
      .then(() => {
        this.#dispatch({ type: 'ended', lease });
        return this.#releasing;
      })
      .finally(() => {
        if (this.#endings.get(lease.serviceId) === ended) this.#endings.delete(lease.serviceId);
      });
    this.#endings.set(lease.serviceId, ended);
  }

  #releasing: Promise<void> = Promise.resolve();

  #release(leases: readonly Lease[]): Promise<void> {
    const { pool, clock, log } = this.#parts;
    const id = this.#id;
    const released = whenDatabaseAnswers(clock, () => releaseLeases(pool, id, leases)).catch(
      (error: unknown) => {
        this.#mayHoldUnknown = true;
        log.warn({ err: toError(error) }, 'leases were not freed; trying again');
      },
    );
    this.#releasing = Promise.all([this.#releasing, released]).then(() => undefined);
    return released;
  }

  async #bury(peer: { readonly id: string; readonly beat: number }): Promise<void> {
    const { pool, log } = this.#parts;
    try {
      await buryWorker(pool, peer.id, peer.beat);
      log.warn({ worker: peer.id }, 'another process is dead; its accounts are free');
      this.freed();
    } catch (error) {
      log.warn({ err: toError(error) }, 'a dead process could not be taken off the list');
    }
  }

  async #depart(): Promise<void> {
    const { pool, clock, log } = this.#parts;
    const tooLate = Promise.withResolvers<void>();
    clock.after(DEPART_MS_MAX, tooLate.resolve);
    const left = this.#releasing.then(() => removeWorker(pool, this.#ids));
    await Promise.race([left, tooLate.promise]).catch((error: unknown) => {
      log.warn({ err: toError(error) }, 'this process could not leave the list of workers');
    });
    this.#departed.resolve();
  }

  get #id(): string {
    return this.#ids.at(-1) ?? '';
  }
}
