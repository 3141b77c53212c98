import { SUSPENDED_DAYS_MAX } from '../domain/service-lifecycle.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { Rounds } from '../runtime/rounds.ts';
import type { Database } from '../storage/database.ts';
import { tellEnds } from '../storage/services/tell-ends.ts';

const LOOK_EVERY_MS = 60_000;
/** So many days before a service expires or is removed its listeners are told. */
const DAYS_BEFORE = [7, 3, 1];

/** Tells beforehand what will become of services. @returns how many were told of */
export async function tellOfEnds({ pool }: Database): Promise<number> {
  return await tellEnds(pool, DAYS_BEFORE, SUSPENDED_DAYS_MAX);
}

/** Does so again and again; any number of processes may at once. */
export function createEndTeller(database: Database, clock: Clock, log: Log): Rounds {
  return new Rounds({
    clock,
    log,
    run: () => tellOfEnds(database),
    delayMs: () => LOOK_EVERY_MS,
    complaint: 'nobody was told of ends; trying again',
  });
}
