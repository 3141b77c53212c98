import { serviceId, type ServiceId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { mayUse, OUTSIDE, stepOwnership } from '../../src/ownership/ownership-machine.ts';
import type {
  OwnershipEffect,
  OwnershipEvent,
  OwnershipModel,
} from '../../src/ownership/ownership-model.ts';
import { timesOf } from '../../src/ownership/ownership-times.ts';

// Several workers, a database, and time that passes differently for each: they stall, are killed, and
// find the database away, in any order. The database is the few rules of `storage/leases`.

const TIMES = timesOf(30_000);
export const ACCOUNTS = 7;
export const STEP_MS = 500;

interface StoredLease {
  worker: string | null;
  epoch: number;
}

export class World {
  nowMs = 0;
  isDatabaseAway = false;
  /** The rows of the workers: their beats. */
  readonly rows = new Map<string, number>();
  readonly leases = new Map<ServiceId, StoredLease>();
  readonly workers: SimulatedWorker[] = [];

  constructor(workerCount: number) {
    for (let index = 1; index <= ACCOUNTS; index += 1) {
      this.leases.set(serviceId(index), { worker: null, epoch: 0 });
    }
    for (let index = 0; index < workerCount; index += 1) {
      this.workers.push(new SimulatedWorker(this, `home ${index}`, index * 1_000_000));
    }
  }

  remove(id: string): void {
    if (!this.rows.delete(id)) return;
    for (const lease of this.leases.values()) if (lease.worker === id) lease.worker = null;
  }

  advance(): void {
    this.nowMs += STEP_MS;
    for (const worker of this.workers) worker.advance();
  }

  /** Who could put a frame of this account on the wire now. */
  usersOf(id: ServiceId): SimulatedWorker[] {
    return this.workers.filter((worker) => worker.isUsing(id));
  }
}

class SimulatedWorker {
  readonly #world: World;
  readonly #home: string;
  /** Its monotonic clock begins anywhere. */
  readonly #offsetMs: number;
  model: OwnershipModel = OUTSIDE.model;
  #starts = 0;
  #ids: string[] = [];
  #isAlive = false;
  isAsleep = false;
  /** Sockets that are open, with their epochs. */
  readonly sockets = new Map<ServiceId, Lease>();
  #waiting: { atMs: number; run: () => void }[] = [];
  /** Slow answers, milliseconds. */
  latencyMs = 0;

  constructor(world: World, home: string, offsetMs: number) {
    this.#world = world;
    this.#home = home;
    this.#offsetMs = offsetMs;
    this.start();
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  start(): void {
    if (this.#isAlive) return;
    this.#isAlive = true;
    this.isAsleep = false;
    this.model = OUTSIDE.model;
    this.#ids = [];
    this.#carryOut(OUTSIDE.effects);
  }

  kill(): void {
    this.#isAlive = false;
    this.#waiting = [];
    this.sockets.clear();
  }

  advance(): void {
    if (!this.#isAlive || this.isAsleep) return;
    const due = this.#waiting.filter(({ atMs }) => atMs <= this.#world.nowMs);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > this.#world.nowMs);
    for (const { run } of due) run();
    this.#dispatch({ type: 'time' });
    if (this.model.phase === 'gone') this.kill();
  }

  /** Its accounts show codes to link them with, or do not any more. */
  link(isLinking: boolean, only: ServiceId | null = null): void {
    if (!this.#isAlive || this.isAsleep) return;
    for (const lease of this.sockets.values()) {
      if (only !== null && lease.serviceId !== only) continue;
      this.#dispatch({ type: 'linking', lease, isLinking });
    }
  }

  leave(): void {
    if (this.#isAlive && !this.isAsleep) this.#dispatch({ type: 'leave' });
  }

  isUsing(id: ServiceId): boolean {
    const lease = this.sockets.get(id);
    // Asleep it writes nothing, but when it wakes it may, before anything else happens.
    return lease !== undefined && mayUse(this.model, lease, this.#monotonicMs());
  }

  #monotonicMs(): number {
    return this.#world.nowMs + this.#offsetMs;
  }

  #dispatch(event: OwnershipEvent): void {
    const step = stepOwnership(this.model, event, this.#monotonicMs(), TIMES);
    this.model = step.model;
    this.#carryOut(step.effects);
  }

  /** Asks the database now; what it says comes later, if it says anything. */
  #ask<Result>(question: () => Result, tell: (result: Result | 'away') => void): void {
    const result = this.#world.isDatabaseAway ? ('away' as const) : question();
    const atMs = this.#world.nowMs + this.latencyMs;
    this.#waiting.push({ atMs, run: () => tell(result) });
  }

  #carryOut(effects: readonly OwnershipEffect[]): void {
    for (const effect of effects) this.#carryOutOne(effect);
  }

  #carryOutOne(effect: OwnershipEffect): void {
    const { rows } = this.#world;
    const id = this.#ids.at(-1) ?? '';
    const sentAtMs = this.#monotonicMs();
    switch (effect.type) {
      case 'enter':
        this.#enter(effect.run, sentAtMs);
        break;
      case 'beat':
        this.#beat(id, effect.run, sentAtMs);
        break;
      case 'look':
        this.#look(id, effect.run, effect.room.test);
        break;
      case 'take':
        this.sockets.set(effect.gained.lease.serviceId, effect.gained.lease);
        break;
      case 'end': {
        const { lease } = effect;
        this.#waiting.push({
          atMs: this.#world.nowMs + 1000,
          run: () => {
            if (this.sockets.get(lease.serviceId)?.epoch === lease.epoch)
              this.sockets.delete(lease.serviceId);
            this.#dispatch({ type: 'ended', lease });
          },
        });
        break;
      }
      case 'drop':
        for (const lease of effect.leases) this.sockets.delete(lease.serviceId);
        break;
      case 'release':
        this.#release(effect.leases, id);
        break;
      case 'bury':
        this.#ask(
          () => rows.get(effect.peer.id) === effect.peer.beat && this.#world.remove(effect.peer.id),
          () => undefined,
        );
        break;
      case 'depart':
        if (!this.#world.isDatabaseAway) this.#world.remove(id);
        break;
    }
  }

  #enter(run: number, sentAtMs: number): void {
    const { rows } = this.#world;
    const enter = (): void => {
      const old =
        this.#ids.length === 0
          ? [...rows.keys()].filter((row) => row.startsWith(this.#home))
          : this.#ids;
      for (const row of old) this.#world.remove(row);
      this.#ids = [`${this.#home}, start ${(this.#starts += 1)}`];
      rows.set(this.#ids[0] ?? '', 0);
    };
    this.#ask(enter, (answer) =>
      this.#dispatch(
        answer === 'away' ? { type: 'not-entered', run } : { type: 'entered', run, sentAtMs },
      ),
    );
  }

  #look(id: string, run: number, room: number): void {
    const { leases, rows } = this.#world;
    const gain = (): Lease[] => {
      if (!rows.has(id)) return [];
      const free = [...leases].filter(([, lease]) => lease.worker === null).slice(0, room);
      return free.map(([account, lease]) => {
        lease.worker = id;
        lease.epoch += 1;
        return { serviceId: account, epoch: lease.epoch };
      });
    };
    this.#ask(gain, (answer) => {
      if (answer !== 'away' && answer.length > 0) {
        const gained = answer.map((lease) => ({ lease, mode: 'test' as const }));
        this.#dispatch({ type: 'gained', run, gained });
      }
      this.#dispatch({ type: 'looked', foundAll: true });
    });
  }

  #beat(id: string, run: number, sentAtMs: number): void {
    const { rows, leases } = this.#world;
    const ask = () => {
      const beat = rows.get(id);
      if (beat === undefined) return null;
      rows.set(id, beat + 1);
      const peers = [...rows].filter(([row]) => row !== id);
      const held = [...leases.values()].filter((lease) => lease.worker !== null).length;
      return {
        peers: peers.map(([row, rowBeat]) => ({
          id: row,
          beat: rowBeat,
          modes: ['test'] as const,
        })),
        census: [{ mode: 'test' as const, wanted: ACCOUNTS, held }],
      };
    };
    this.#ask(ask, (answer) => {
      if (answer === 'away') this.#dispatch({ type: 'not-beaten', run, sentAtMs, isAway: true });
      else if (answer === null) this.#dispatch({ type: 'buried', run });
      else this.#dispatch({ type: 'beaten', run, sentAtMs, ...answer });
    });
  }

  /** Tried until the database is there. */
  #release(given: readonly Lease[], id: string): void {
    const release = (): void => {
      for (const { serviceId: account, epoch } of given) {
        const lease = this.#world.leases.get(account);
        if (lease?.worker === id && lease.epoch === epoch) lease.worker = null;
      }
    };
    this.#ask(release, (answer) => {
      if (answer === 'away') this.#release(given, id);
    });
  }
}
