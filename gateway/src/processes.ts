import type { Accounts } from './accounts.ts';
import type { Config } from './config/config.ts';
import type { Secrets } from './config/secrets.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import { Answerer } from './sessions/elsewhere/answerer.ts';
import { Asker } from './sessions/elsewhere/asker.ts';
import { createQuestionCodec } from './sessions/elsewhere/questions.ts';
import { SessionsAnywhere } from './sessions/elsewhere/sessions-anywhere.ts';
import { SessionsElsewhere } from './sessions/elsewhere/sessions-elsewhere.ts';
import { listenToWishes } from './sessions/elsewhere/wish-listener.ts';
import type { SessionControl } from './sessions/session-control.ts';
import type { Database } from './storage/database.ts';
import { Notices } from './storage/notices/notices.ts';

/** What this process shares with others, and what it holds itself. */
export interface Neighbourhood {
  readonly config: Config;
  readonly database: Database;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a process has of the others. */
export interface Processes {
  /** The sessions of all accounts, whoever holds them. */
  readonly sessions: SessionControl;
  /** What the others tell; null when there are none. */
  readonly notices: Notices | null;
}

/**
 * Joins this process with the others on its database: it hears their notices, does what they wish
 * and answers what they ask about its accounts, and reaches theirs.
 * @param stack stops it all again
 */
export function joinProcesses(
  neighbourhood: Neighbourhood,
  { sessions: here }: Accounts,
  stack: AsyncDisposableStack,
): Processes {
  const { config, database, secrets, clock, log } = neighbourhood;
  // Only this process ever uses the embedded database.
  if (config.databaseUrl === null) return { sessions: here, notices: null };
  const notices = new Notices({ url: config.databaseUrl, clock, random: systemRandom, log });
  stack.defer(() => notices.close());
  const codec = createQuestionCodec(secrets.masterKey);
  const asker = new Asker({ database, codec, notices, clock, log });
  const elsewhere = new SessionsElsewhere({
    database,
    notices,
    asker,
    serves: (mode) => mode === 'live' || config.testMode,
    clock,
  });
  const held = {
    control: here,
    leaseOf: here.leaseOf.bind(here),
    leases: here.leases.bind(here),
    standingChanged: here.standingChanged.bind(here),
  };
  stack.defer(listenToWishes({ database, notices, held, log }));
  const answerer = new Answerer({ database, codec, notices, held, clock, log });
  here.onTake((lease) => {
    answerer.look([lease]);
  });
  answerer.start();
  stack.defer(() => answerer.stop());
  notices.start();
  return { sessions: new SessionsAnywhere(here, elsewhere), notices };
}
