import { execFile } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../../runtime/log.ts';
import { programFile, type Binaries } from './binaries.ts';
import { runCommand } from './command.ts';
import type { Place } from './place.ts';

/** How long a server that was left over may take to shut down, its last checkpoint included. */
const STOP_TIMEOUT_S = 60;

/**
 * What the process that `postmaster.pid` names is to us:
 * - `server`: the PostgreSQL of this very cluster;
 * - `ended`: there is none any more;
 * - `stranger`: something else that lives and got the same number, or the dead server as long as
 *   nobody collects it (a zombie). PostgreSQL takes either for a running server and does not start.
 */
type PidHolder = 'server' | 'ended' | 'stranger';

/**
 * Makes way for a new server on a cluster that this process has locked: stops a server that an
 * earlier gateway left running, and removes a `postmaster.pid` that names a stranger. That file is
 * also PostgreSQL's guard against two servers on one cluster, but not its only one: the shared
 * memory key is made from the directory, so leftover processes of a dead server still stop the next.
 * @throws Error with a sentence when a left-over server can not be stopped
 */
export async function clearWay(binaries: Binaries, place: Place, log: Log): Promise<void> {
  const file = join(place.cluster, 'postmaster.pid');
  const pid = readPid(file);
  if (pid === undefined) return;
  const holder = await identify(pid, place.cluster);
  if (holder === 'stranger') {
    log.warn({ pid }, 'removing a postmaster.pid that names a process which is not its PostgreSQL');
    rmSync(file, { force: true });
  }
  if (holder !== 'server') return;
  log.warn({ pid }, 'stopping the PostgreSQL that an earlier Tickwire left running');
  const failure = await stopLeftOver(binaries, place);
  if (failure === null || readPid(file) === undefined) return;
  if (process.platform === 'win32') {
    // There only pg_ctl can tell a server from a stranger, and it just did.
    rmSync(file, { force: true });
    return;
  }
  if ((await identify(pid, place.cluster)) === 'server') {
    throw new Error(
      `A PostgreSQL that was left running on ${place.cluster} could not be stopped: ${failure}`,
    );
  }
  // It ended by itself between our look and the signal.
  await clearWay(binaries, place, log);
}

/** Null when it has stopped, else what pg_ctl said. */
async function stopLeftOver(binaries: Binaries, place: Place): Promise<string | null> {
  const { code, output } = await runCommand(
    programFile(binaries.folder, 'pg_ctl'),
    ['stop', '-D', place.cluster, '-m', 'fast', '-w', '-t', String(STOP_TIMEOUT_S)],
    place.user,
  );
  return code === 0 ? null : output;
}

/** The process the file names, or undefined when there is no file or no number in it. */
function readPid(file: string): number | undefined {
  try {
    // A negative number is a standalone backend's (pidfile.h); it is a process all the same.
    const pid = Math.abs(Number.parseInt(readFileSync(file, 'utf8'), 10));
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Finds out what process `pid` is to the cluster; in doubt a stranger, who is never touched. */
export async function identify(pid: number, cluster: string): Promise<PidHolder> {
  if (!isAlive(pid)) return 'ended';
  if (process.platform === 'linux') return identifyByProc(pid, cluster);
  // pg_ctl speaks to a Windows server through a pipe that no other program has.
  if (process.platform === 'win32') return 'server';
  return await identifyByPs(pid, cluster);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * By proc(5): the state follows the name in brackets, `cmdline` separates arguments by zero bytes.
 * The server's directory is the surer sign, but root without ptrace rights (containers) can't see
 * that of other users' processes, while everybody sees the command line.
 */
function identifyByProc(pid: number, cluster: string): PidHolder {
  const stat = tryRead(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return 'ended';
  if (/\) [ZX]/.test(stat)) return 'stranger';
  const command = tryRead(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.split('\0') ?? [];
  if (basename(command[0] ?? '') !== 'postgres') return 'stranger';
  const directory = tryRead(() => readlinkSync(`/proc/${pid}/cwd`));
  const isHere =
    directory === undefined
      ? command[command.indexOf('-D') + 1] === cluster
      : directory === realpathSync(cluster);
  return isHere ? 'server' : 'stranger';
}

async function identifyByPs(pid: number, cluster: string): Promise<PidHolder> {
  const execute = promisify(execFile);
  const { stdout } = await execute('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(
    () => ({ stdout: '' }),
  );
  if (stdout.trim() === '') return 'ended';
  const isServer = /(^|\/)postgres /.test(stdout) && stdout.includes(` -D ${cluster} `);
  return isServer ? 'server' : 'stranger';
}

function tryRead(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
