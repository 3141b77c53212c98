import type { ServiceId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import { mayOpen, mayUse, OUTSIDE, stepOwnership } from '../../src/ownership/ownership-machine.ts';
import type { OwnershipEffect, OwnershipEvent } from '../../src/ownership/ownership-model.ts';
import { timesOf } from '../../src/ownership/ownership-times.ts';
import type { ModelledDatabase } from './modelled-database.ts';
import { SimulatedAccount, type AccountHost } from './simulated-account.ts';
import type { Surroundings } from './surroundings.ts';

const TIMES = timesOf(30_000);
const TICK_MS = 250;
const LOOK_EVERY_MS = 5000;

/** The database does not answer, or nobody knows what it did. */
class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** One account after the other. */
class Turns {
  readonly #waiting: { readonly account: SimulatedAccount; readonly begin: () => void }[] = [];

  enter(account: SimulatedAccount, begin: () => void): void {
    if (this.#waiting.push({ account, begin }) === 1) begin();
  }

  leave(account: SimulatedAccount): void {
    const index = this.#waiting.findIndex((turn) => turn.account === account);
    if (index === -1) return;
    this.#waiting.splice(index, 1);
    if (index === 0) this.#waiting[0]?.begin();
  }
}

/**
 * A gateway process: the ownership machine and its accounts, and in a few lines what its driver
 * does. A process that is stalled does, when it goes on, whatever was to happen meanwhile; of a dead
 * one nothing happens any more.
 */
export class SimulatedProcess implements AccountHost {
  readonly world: Surroundings;
  readonly home: string;
  readonly accounts = new Map<ServiceId, SimulatedAccount>();
  readonly suspects = new Turns();
  #model = OUTSIDE.model;
  #workerId = '';
  #predecessors: string[] = [];
  #isAlive = true;
  #isStalled = false;
  #backlog: (() => void)[] = [];
  #mayHoldUnknown = false;
  #isGaining = false;

  constructor(world: Surroundings, home: string) {
    this.world = world;
    this.home = home;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get heldCount(): number {
    return this.#model.held.size;
  }

  start(): void {
    for (const effect of OUTSIDE.effects) this.#carryOut(effect);
    this.#tick();
    this.#look();
  }

  /** SIGKILL. */
  die(): void {
    this.#isAlive = false;
    for (const { lease } of this.#model.held.values()) this.world.whatsApp.drop(lease.serviceId);
  }

  /** SIGTERM. */
  leave(): void {
    this.#dispatch({ type: 'leave' });
  }

  /** SIGSTOP. */
  stall(): void {
    this.#isStalled = true;
  }

  /** SIGCONT. */
  goOn(): void {
    this.#isStalled = false;
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const run of backlog) this.hear(run);
  }

  /** Something from outside reaches the process now. */
  hear(run: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isStalled) this.#backlog.push(run);
    else run();
  }

  /** A timer of the process. */
  after(delayMs: number, run: () => void): void {
    this.world.agenda.after(delayMs, () => this.hear(run));
  }

  /** A statement on its way to the database and back. */
  ask<Result>(
    statement: (database: ModelledDatabase) => Result,
    onAnswer: (result: Result) => void,
    onFailure: (error: Error) => void,
  ): void {
    const { agenda, dice, database, weather } = this.world;
    const fail = (error: Error, delayMs: number): void => {
      agenda.after(delayMs, () => this.hear(() => onFailure(error)));
    };
    agenda.after(dice.between(0, 15), () => {
      if (weather.isDatabaseAway) {
        fail(new DatabaseAway(), dice.between(1, 1000));
        return;
      }
      let result: Result;
      try {
        result = statement(database);
      } catch (error) {
        fail(error as Error, dice.between(0, 10));
        return;
      }
      // It is done, and nobody may learn of it.
      if (dice.chance(weather.losesRepliesPercent)) fail(new DatabaseAway(), dice.between(0, 500));
      else agenda.after(dice.between(0, 10), () => this.hear(() => onAnswer(result)));
    });
  }

  mayOpen(lease: Lease): boolean {
    return mayOpen(this.#model, lease, this.world.agenda.nowMs, TIMES);
  }

  mayUse(lease: Lease): boolean {
    return mayUse(this.#model, lease, this.world.agenda.nowMs);
  }

  /** A write was refused. */
  doubt(): void {
    this.#dispatch({ type: 'doubt' });
  }

  #tick(): void {
    this.after(TICK_MS, () => {
      this.#tick();
      this.#dispatch({ type: 'time' });
    });
  }

  /** The safety net: whatever nobody was told of is found. */
  #look(): void {
    this.after(LOOK_EVERY_MS, () => {
      this.#look();
      for (const account of this.accounts.values()) account.wake();
    });
  }

  #dispatch(event: OwnershipEvent): void {
    const { model, effects } = stepOwnership(this.#model, event, this.world.agenda.nowMs, TIMES);
    this.#model = model;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: OwnershipEffect): void {
    const { world } = this;
    switch (effect.type) {
      case 'enter':
        this.#enter(effect.run);
        break;
      case 'beat':
        this.#beat(effect.run);
        break;
      case 'look':
        this.#gain(effect.room.test);
        break;
      case 'take': {
        const { lease } = effect.gained;
        const account = new SimulatedAccount(this, lease);
        this.accounts.set(lease.serviceId, account);
        account.want();
        break;
      }
      case 'end':
        this.#accountOf(effect.lease)?.end();
        this.after(world.dice.between(0, 50), () =>
          this.#dispatch({ type: 'ended', lease: effect.lease }),
        );
        break;
      case 'drop':
        for (const lease of effect.leases) this.#accountOf(lease)?.drop();
        break;
      case 'release':
        this.#release(effect.leases);
        break;
      case 'bury':
        this.ask(
          (database) => database.bury(effect.peer.id, effect.peer.beat),
          () => this.#dispatch({ type: 'freed' }),
          () => undefined,
        );
        break;
      case 'depart': {
        const ids = [...this.#predecessors, this.#workerId];
        const gone = (): void => {
          this.#isAlive = false;
        };
        this.ask((database) => ids.forEach((id) => database.leave(id)), gone, gone);
        break;
      }
    }
  }

  #accountOf({ serviceId, epoch }: Lease): SimulatedAccount | undefined {
    const account = this.accounts.get(serviceId);
    return account?.lease.epoch === epoch ? account : undefined;
  }

  #enter(run: number): void {
    const isFirst = this.#workerId === '';
    const predecessors = isFirst ? 'all-at-home' : [...this.#predecessors, this.#workerId];
    if (!isFirst) this.#predecessors.push(this.#workerId);
    this.#workerId = this.world.newWorkerId();
    const sentAtMs = this.world.agenda.nowMs;
    this.ask(
      (database) => database.enter(this.#workerId, this.home, predecessors),
      () => this.#dispatch({ type: 'entered', run, sentAtMs }),
      () => this.#dispatch({ type: 'not-entered', run }),
    );
  }

  #beat(run: number): void {
    const id = this.#workerId;
    const sentAtMs = this.world.agenda.nowMs;
    this.ask(
      (database) => ({ peers: database.beat(id), census: database.census() }),
      ({ peers, census }) => {
        if (peers === null) this.#dispatch({ type: 'buried', run });
        else {
          const counted = peers.length === 0 ? null : census;
          this.#dispatch({ type: 'beaten', run, sentAtMs, peers, census: counted });
        }
      },
      (error) => {
        const isAway = error instanceof DatabaseAway;
        this.#dispatch({ type: 'not-beaten', run, sentAtMs, isAway });
      },
    );
  }

  #gain(countMax: number): void {
    const { run } = this.#model;
    const id = this.#workerId;
    const known = this.#mayHoldUnknown ? [...this.#model.held.keys()] : null;
    if (this.#isGaining) {
      this.#dispatch({ type: 'looked', foundAll: true });
      return;
    }
    this.#isGaining = true;
    const done = (foundAll: boolean): void => {
      this.#isGaining = false;
      this.#dispatch({ type: 'looked', foundAll });
    };
    this.ask(
      (database) => {
        if (known !== null) database.releaseOthers(id, known);
        return database.gain(id, countMax);
      },
      (leases) => {
        this.#mayHoldUnknown = false;
        const gained = leases.map((lease) => ({ lease, mode: 'test' as const }));
        if (gained.length > 0) this.#dispatch({ type: 'gained', run, gained });
        done(leases.length < countMax);
      },
      () => {
        this.#mayHoldUnknown = true;
        done(true);
      },
    );
  }

  #release(leases: readonly Lease[]): void {
    const id = this.#workerId;
    this.ask(
      (database) => database.release(id, leases),
      () => undefined,
      () => {
        this.#mayHoldUnknown = true;
      },
    );
  }
}
