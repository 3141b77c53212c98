import type { Accounts, Ground } from './accounts.ts';
import type { ServiceId } from './domain/ids.ts';
import type { ServiceMode } from './sessions/connection.ts';
import { Answerer } from './sessions/elsewhere/answerer.ts';
import { Asker } from './sessions/elsewhere/asker.ts';
import { createQuestionCodec } from './sessions/elsewhere/questions.ts';
import { SessionsAnywhere } from './sessions/elsewhere/sessions-anywhere.ts';
import { SessionsElsewhere } from './sessions/elsewhere/sessions-elsewhere.ts';
import type { SessionControl } from './sessions/session-control.ts';

/**
 * Joins this process with the others on its database: it answers what they ask about its accounts,
 * and reaches theirs.
 * @param accounts null for a process that has none
 * @param stack stops it again
 * @returns the sessions of all accounts, whoever holds them
 */
export function joinProcesses(
  { config, database, secrets, notices, clock, log }: Ground,
  accounts: Accounts | null,
  stack: AsyncDisposableStack,
): SessionControl {
  const codec = createQuestionCodec(secrets.masterKey);
  const asker = new Asker({ database, codec, notices, clock, log });
  const serves = (mode: ServiceMode): boolean => mode === 'live' || config.testMode;
  const elsewhere = new SessionsElsewhere({ database, notices, asker, serves, clock });
  if (accounts === null) return elsewhere;
  const { sessions: here, ownership } = accounts;
  const held = {
    control: here,
    leaseOf: (serviceId: ServiceId) => ownership.leaseOf(serviceId),
    leases: () => ownership.leases(),
  };
  const answerer = new Answerer({ database, codec, notices, held, clock, log });
  here.onTake((lease) => {
    answerer.look([lease]);
  });
  answerer.start();
  stack.defer(() => answerer.stop());
  return new SessionsAnywhere(here, (serviceId) => ownership.isHeld(serviceId), elsewhere);
}
