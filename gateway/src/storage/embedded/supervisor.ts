import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../runtime/log.ts';
import type { ServerProcess } from './server-process.ts';

/** Keeps one server running until it is told to stop. */
export interface Supervisor {
  /** Resolves when the server has shut down cleanly. */
  close(): Promise<void>;
}

interface Supervised {
  /** Makes way for a server and starts it. Called again after each end. */
  readonly start: () => Promise<ServerProcess>;
  readonly log: Log;
}

const FIRST_ATTEMPTS_MAX = 5;
const BACKOFF_FIRST_MS = 100;
const BACKOFF_MAX_MS = 5000;

/** How long to wait before attempt `attempt` (from 1) after a failure. */
function backoffMs(attempt: number): number {
  return Math.min(BACKOFF_FIRST_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS);
}

/**
 * Starts a server and keeps it running.
 *
 * It is `starting` until it takes connections, then `serving`. When it ends in either state without
 * having been told to, it is `waiting` for a moment that doubles with each failure in a row, and
 * then `starting` again, for as long as it takes: the gateway answers "not ready" meanwhile, and the
 * connection string stays. `close` leads from every state to `closed`.
 *
 * Only the very first start gives up, after a few attempts (a server killed a moment ago holds its
 * memory for another moment), because then a user is waiting to be told.
 * @throws Error with PostgreSQL's last words when the first start fails
 */
export async function superviseServer({ start, log }: Supervised): Promise<Supervisor> {
  const closing = new AbortController();
  let server = await firstStart(start);

  const serve = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      const how = await server.ended;
      if (closing.signal.aborted) return;
      failures += 1;
      log.error({ how, failures }, 'PostgreSQL ended unexpectedly and is started again');
      await delay(backoffMs(failures), undefined, { signal: closing.signal }).catch(
        () => undefined,
      );
      if (closing.signal.aborted) return;
      try {
        server = await start();
        await server.ready;
        failures = 0;
        log.info('PostgreSQL runs again');
      } catch (error) {
        log.error({ error }, 'PostgreSQL could not be started again');
      }
    }
  };
  const serving = serve();

  return {
    close: async () => {
      closing.abort();
      await server.stop();
      await serving;
      // A restart that was under way when we were told to close.
      await server.stop();
    },
  };
}

async function firstStart(start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const server = await start();
    try {
      await server.ready;
      return server;
    } catch (error) {
      if (attempt === FIRST_ATTEMPTS_MAX) {
        throw new Error('The embedded PostgreSQL did not start; its last words are below.', {
          cause: error,
        });
      }
      await delay(backoffMs(attempt));
    }
  }
}
