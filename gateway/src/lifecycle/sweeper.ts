import type { ServiceId } from '../domain/ids.ts';
import { stepLife, SUSPENDED_DAYS_MAX } from '../domain/service-lifecycle.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Random } from '../runtime/random.ts';
import { Rounds } from '../runtime/rounds.ts';
import type { Database } from '../storage/database.ts';
import { countOverdue } from '../storage/services/count-overdue.ts';
import {
  findServicesToPurge,
  purgeListeners,
  purgeService,
} from '../storage/services/purge-service.ts';
import { holdOverdueLives, saveLife, type OverdueKind } from '../storage/services/service-life.ts';
import { beginUnlinkingBeforePurge } from '../storage/sessions/unlinking.ts';
import { decideSweep } from './sweep-brake.ts';

const SWEEP_EVERY_MS = 5000;
const SERVICES_AT_ONCE = 100;
/** Whoever was removed by a clock can be brought back for a day. */
const PURGE_AFTER_CLOCK_MS = 24 * 60 * 60 * 1000;

/** What a sweeper stands on. */
export interface SweeperParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A service may not be used any more. */
  onStopped(serviceId: ServiceId): Promise<void>;
}

/**
 * Does to services what time asks for: suspends the expired, removes those that were suspended for
 * too long, and deletes what the removed leave behind. Any number of processes may do so at once;
 * each service is held while it is looked at, so none is changed on old news.
 */
export class LifecycleSweeper {
  readonly #parts: SweeperParts;
  readonly #rounds: Rounds;
  /** The database's clock less the monotonic clock, at the first look. */
  #firstOffsetMs: number | null = null;
  #heldBackFor: string | null = null;

  constructor(parts: SweeperParts) {
    this.#parts = parts;
    const { clock, log, random } = parts;
    this.#rounds = new Rounds({
      clock,
      log,
      run: () => this.sweep(false),
      // Several processes do not sweep in step.
      delayMs: () => SWEEP_EVERY_MS * (0.75 + random.fraction() / 2),
      complaint: 'services were not looked at; trying again',
    });
  }

  /** Why sweeps hold still at the moment, or null. */
  get heldBackFor(): string | null {
    return this.#heldBackFor;
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves after the sweep that runs. */
  async stop(): Promise<void> {
    await this.#rounds.stop();
  }

  /**
   * One sweep.
   * @param isConfirmed a human has looked: what is due is done, and the clock is right as it is now
   */
  async sweep(isConfirmed: boolean): Promise<void> {
    const { database, clock, log } = this.#parts;
    const { nowMs, ...counts } = await countOverdue(database.pool, SUSPENDED_DAYS_MAX);
    const offsetMs = nowMs - clock.monotonicMs();
    if (isConfirmed) this.#firstOffsetMs = offsetMs;
    this.#firstOffsetMs ??= offsetMs;
    const clockLeadMs = offsetMs - this.#firstOffsetMs;
    const decision = decideSweep({ ...counts, clockLeadMs });
    if (!decision.go && !isConfirmed) {
      if (this.#heldBackFor !== decision.why) {
        log.error(
          { ...counts, clockLeadMs, why: decision.why },
          'no service is suspended or removed',
        );
      }
      this.#heldBackFor = decision.why;
      return;
    }
    this.#heldBackFor = null;
    for (const kind of ['expired', 'to-remove'] as const) {
      while ((await this.#sweepSome(kind)) === SERVICES_AT_ONCE);
    }
    await beginUnlinkingBeforePurge(database.query);
    for (const serviceId of await findServicesToPurge(database, SERVICES_AT_ONCE)) {
      await purgeService(database, serviceId);
    }
    await purgeListeners(database);
  }

  /** @returns how many services were looked at */
  async #sweepSome(kind: OverdueKind): Promise<number> {
    const { database, log } = this.#parts;
    const stopped = await database.query.transaction().execute(async (transaction) => {
      const held = await holdOverdueLives(transaction, kind, SUSPENDED_DAYS_MAX, SERVICES_AT_ONCE);
      for (const { serviceId, life, nowMs } of held) {
        const step = stepLife(life, { type: 'look' }, nowMs);
        if (!('life' in step)) continue;
        await saveLife(transaction, serviceId, step.life, PURGE_AFTER_CLOCK_MS);
        log.info({ serviceId, from: life.state, to: step.life.state }, 'a service’s time is over');
      }
      return held.map(({ serviceId }) => serviceId);
    });
    for (const serviceId of stopped) await this.#parts.onStopped(serviceId);
    return stopped.length;
  }
}
