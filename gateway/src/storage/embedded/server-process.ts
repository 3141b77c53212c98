import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Log } from '../../runtime/log.ts';
import { programFile, type Binaries } from './binaries.ts';
import { runCommand, spawnOptionsOf } from './command.ts';
import type { Place } from './place.ts';
import { settingArguments } from './server-settings.ts';

/** One running PostgreSQL, from its start to its end. */
export interface ServerProcess {
  /** Resolves when it takes connections; rejects with its last words when it ends before. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Shuts it down cleanly and resolves when it has ended. */
  stop(): Promise<void>;
}

/**
 * A shell that lives as long as the server and shuts it down when the pipe from the gateway on its
 * standard input closes, which the kernel does however the gateway dies. SIGINT is PostgreSQL's
 * fast shutdown: clients are cut, everything is written.
 *
 * Why a shell and not `setpriv --pdeathsig`: every system has one, and the signal of pdeathsig is
 * tied to the thread that started the server, not to the gateway. It also collects the server when
 * it has ended, so no zombie is left where nobody does that (process 1 of many containers).
 */
const WATCHER = `
  exec 3<&0 </dev/null
  "$@" 3<&- &
  server=$!
  { while read -r line <&3; do :; done; kill -INT "$server"; } 2>/dev/null &
  reader=$!
  exec 3<&-
  wait "$server"
  code=$?
  kill "$reader" 2>/dev/null
  exit "$code"
`;

const READY_LINE = 'database system is ready to accept connections';
const LAST_WORDS_LINES = 12;

/** Starts the server on a prepared cluster that no other server runs on. */
export function startServer(
  binaries: Binaries,
  place: Place,
  settings: Readonly<Record<string, string>>,
  log: Log,
): ServerProcess {
  const command = [
    programFile(binaries.folder, 'postgres'),
    '-D',
    place.cluster,
    ...settingArguments(settings),
  ];
  const child = spawnWatched(command, place);
  const lastWords: string[] = [];
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
  });
  // Writing to it fails when it has just ended, which `ended` tells.
  child.stdin?.on('error', () => undefined);

  const ready = new Promise<void>((resolve, reject) => {
    readLines(child, (line) => {
      if (line.includes(READY_LINE)) resolve();
      lastWords.push(line);
      if (lastWords.length > LAST_WORDS_LINES) lastWords.shift();
      report(line, log);
    });
    void ended.then((how) => reject(new Error([`PostgreSQL ${how}`, ...lastWords].join('\n'))));
  });
  // Nobody may be waiting for it any more.
  ready.catch(() => undefined);
  return { ready, ended, stop: async () => await stop(child, ended, binaries, place) };
}

function spawnWatched(command: readonly string[], place: Place): ChildProcess {
  const [program = '', ...rest] = command;
  const stdio: ['pipe', 'ignore', 'pipe'] = ['pipe', 'ignore', 'pipe'];
  if (process.platform === 'win32') return spawn(program, rest, { stdio });
  // A session of its own: Ctrl-C in a terminal is for the gateway, which needs the database to stop.
  return spawn('/bin/sh', ['-c', WATCHER, 'tickwire-postgres', ...command], {
    ...spawnOptionsOf(place.user),
    stdio,
    detached: true,
  });
}

async function stop(
  child: ChildProcess,
  ended: Promise<string>,
  binaries: Binaries,
  place: Place,
): Promise<void> {
  if (process.platform === 'win32') {
    const stopping = ['stop', '-D', place.cluster, '-m', 'fast', '-w'];
    await runCommand(programFile(binaries.folder, 'pg_ctl'), stopping, place.user);
  }
  child.stdin?.end();
  await ended;
}

function readLines(child: ChildProcess, take: (line: string) => void): void {
  if (child.stderr === null) return;
  createInterface({ input: child.stderr }).on('line', take);
}

/** PostgreSQL's own log at our levels: what it reports as routine is of no interest to most. */
function report(line: string, log: Log): void {
  const isTrouble = /^(WARNING|ERROR|FATAL|PANIC):/.test(line);
  const isShutdown = line.includes('terminating connection due to administrator command');
  if (isTrouble && !isShutdown) log.warn({ postgres: line }, 'PostgreSQL reports trouble');
  else log.debug({ postgres: line }, 'PostgreSQL reports');
}
