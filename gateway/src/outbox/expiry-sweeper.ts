import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { Rounds } from '../runtime/rounds.ts';
import type { Database } from '../storage/database.ts';
import { expireMessages } from '../storage/messages/expire-messages.ts';

const LOOK_EVERY_MS = 1000;
const BATCH_COUNT = 1000;

/** Ends waiting messages whose time is over, of all services. Several processes may do so at once. */
export function createExpirySweeper({ pool }: Database, clock: Clock, log: Log): Rounds {
  const rounds = new Rounds({
    clock,
    log,
    async run() {
      while (!rounds.isStopped) {
        // What only a clock that jumped says is not over: it would be over for good.
        const expired = await expireMessages(pool, BATCH_COUNT, clock.now());
        if (expired.length < BATCH_COUNT) return;
      }
    },
    delayMs: () => LOOK_EVERY_MS,
    complaint: 'messages did not expire; trying again',
  });
  return rounds;
}
