import type { Log } from './log.ts';

const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Resolves with the first signal that asks the process to stop. Later ones change nothing. Until then
 * the process lives on, also when it has no connection and no timer that would keep it.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  setInterval(() => undefined, LONGEST_TIMER_MS);
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of STOP_SIGNALS) process.on(signal, resolve);
  return promise;
}

/**
 * A rejection that nobody waits for is logged and survived: the protocol library raises some when
 * a connection ends under it, and one account must never end the others.
 */
export function keepAliveOnRejection(log: Log): void {
  process.on('unhandledRejection', (reason) => {
    log.warn({ err: reason }, 'a rejection nobody waited for');
  });
}

/** Says in one line why the program can not run, and makes it end with exit code 1. */
export function explainFailure(error: unknown): void {
  process.exitCode = 1;
  const detail = error instanceof Error ? error.message : String(error);
  process.stderr.write(`\nTickwire could not start: ${detail}\n`);
}
