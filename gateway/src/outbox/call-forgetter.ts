import { CALLS_KEPT_DAYS } from '../domain/named-call.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { Rounds } from '../runtime/rounds.ts';
import type { Database } from '../storage/database.ts';
import { forgetNamedCalls } from '../storage/idempotency/forget-named-calls.ts';

const FORGET_EVERY_MS = 60 * 60 * 1000;
const NAMES_AT_ONCE = 1000;

/** Forgets now and then the names of calls whose days are over; every process may do so. */
export function createCallForgetter({ pool }: Database, clock: Clock, log: Log): Rounds {
  const rounds = new Rounds({
    clock,
    log,
    async run() {
      let count = NAMES_AT_ONCE;
      while (count === NAMES_AT_ONCE && !rounds.isStopped) {
        count = await forgetNamedCalls(pool, CALLS_KEPT_DAYS, NAMES_AT_ONCE);
      }
    },
    delayMs: () => FORGET_EVERY_MS,
    complaint: 'old idempotency keys were not removed',
  });
  return rounds;
}
