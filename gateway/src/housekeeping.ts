import { Gauge, type Registry } from 'prom-client';
import { Reconciler } from './ledger/reconciler.ts';
import { createEndTeller } from './lifecycle/end-teller.ts';
import { LifecycleSweeper } from './lifecycle/sweeper.ts';
import { createCallForgetter } from './outbox/call-forgetter.ts';
import { createExpirySweeper } from './outbox/expiry-sweeper.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import type { SessionControl } from './sessions/session-control.ts';
import type { Database } from './storage/database.ts';

/** What housekeeping stands on. */
export interface HousekeepingParts {
  readonly database: Database;
  readonly sessions: SessionControl;
  readonly metrics: Registry;
  readonly clock: Clock;
  readonly log: Log;
}

/** What time asks for: every process does its part, and none twice what another did. */
export class Housekeeping {
  readonly #sweeper: LifecycleSweeper;
  readonly #reconciler: Reconciler;
  readonly #jobs: readonly { start(): void; stop(): Promise<void> }[];

  constructor({ database, sessions, metrics, clock, log }: HousekeepingParts) {
    this.#sweeper = new LifecycleSweeper({
      database,
      clock,
      random: systemRandom,
      log,
      onStopped: (serviceId) => sessions.standingChanged(serviceId),
    });
    this.#reconciler = new Reconciler(database, clock, log);
    this.#jobs = [
      this.#sweeper,
      this.#reconciler,
      createEndTeller(database, clock, log),
      createCallForgetter(database, clock, log),
      createExpirySweeper(database, clock, log),
    ];
    this.#addMetrics(metrics);
  }

  start(): void {
    for (const job of this.#jobs) job.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#jobs.map(async (job) => await job.stop()));
  }

  /** What a human should look at, a sentence each. */
  warnings(): string[] {
    const warnings: string[] = [];
    const { heldBackFor } = this.#sweeper;
    if (heldBackFor === 'clock_jumped') {
      warnings.push('No service is suspended or removed: the database’s clock has jumped.');
    } else if (heldBackFor !== null) {
      warnings.push('No service is suspended or removed: unusually many are due at once.');
    }
    const { driftCents } = this.#reconciler;
    if (driftCents !== null && driftCents !== 0) {
      warnings.push(`Wallets and their entries disagree by ${driftCents} cents.`);
    }
    return warnings;
  }

  #addMetrics(metrics: Registry): void {
    const registers = [metrics];
    const drift = new Gauge({
      name: 'tickwire_ledger_drift_cents',
      help: 'By how much wallets and their entries disagree; anything but 0 is an alarm.',
      registers,
      collect: () => {
        const { driftCents } = this.#reconciler;
        if (driftCents !== null) drift.set(driftCents);
      },
    });
    const held = new Gauge({
      name: 'tickwire_lifecycle_held_back',
      help: '1 while no service is suspended or removed, because a human should look first.',
      registers,
      collect: () => {
        held.set(this.#sweeper.heldBackFor === null ? 0 : 1);
      },
    });
  }
}
