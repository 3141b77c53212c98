import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that outlived the test that started it. */
export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/** A server whose owner was killed may take this long to see it and shut down. */
const GRACE_MS = 5000;
const POLL_MS = 100;

/**
 * Processes of this test run that still live, after a moment to end by themselves. They are known
 * by the run's own temporary folder, which stands in the environment of all that tests start and on
 * the command line of servers, which get a clean environment. Linux only: elsewhere it finds none.
 * @param mark the path of the folder
 */
export async function findLeftovers(mark: string): Promise<Leftover[]> {
  const deadlineMs = performance.now() + GRACE_MS;
  let found = scan(mark);
  while (found.length > 0 && performance.now() < deadlineMs) {
    await delay(POLL_MS);
    found = scan(mark);
  }
  return found;
}

function scan(mark: string): Leftover[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => !/\) [ZX]/.test(read(`/proc/${pid}/stat`)))
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }))
    .filter(({ pid, command }) => `${command}${read(`/proc/${pid}/environ`)}`.includes(mark));
}

/** Empty for what has just ended, or belongs to somebody else. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
