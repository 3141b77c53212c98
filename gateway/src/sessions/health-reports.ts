import { toError } from '../domain/errors.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../storage/database.ts';
import { forgetRefusedAccounts } from '../storage/sessions/session-ends.ts';
import { recordSessionHealth } from '../storage/sessions/session-health.ts';
import type { Sessions } from './sessions.ts';

const REPORT_EVERY_MS = 30_000;

/** What the reports need. */
export interface HealthReportParts {
  readonly database: Database;
  readonly sessions: Pick<Sessions, 'listLiveness'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Writes twice a minute how alive the open connections of this process are, all in one statement,
 * and deletes the credentials of refused accounts that nobody holds when their time has come.
 * @returns stops it
 */
export function startHealthReports(parts: HealthReportParts): () => void {
  const { database, sessions, clock, log } = parts;
  let isStopped = false;
  let cancel = clock.after(REPORT_EVERY_MS, report);

  function report(): void {
    recordSessionHealth(database, sessions.listLiveness())
      .then(() => forgetRefusedAccounts(database.pool))
      .catch((error: unknown) => {
        log.warn({ err: toError(error) }, 'the health of the connections was not written');
      })
      .finally(() => {
        if (!isStopped) cancel = clock.after(REPORT_EVERY_MS, report);
      });
  }

  return () => {
    isStopped = true;
    cancel();
  };
}
