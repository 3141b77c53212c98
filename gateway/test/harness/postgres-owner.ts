import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process that runs an embedded PostgreSQL and does nothing else, to be killed. */
export interface PostgresOwner {
  readonly child: ChildProcess;
  readonly connectionString: string;
}

const MODULE = import.meta.resolve('../../src/storage/embedded/embedded-postgres.ts');
const LOG_MODULE = import.meta.resolve('../../src/runtime/log.ts');

// PostgreSQL is started with an environment of its own, which a test may add to: then before the module
// that starts it is imported.
const PROGRAM = `
  const more = JSON.parse(process.env.SERVER_ENVIRONMENT);
  const processes = (await import('node:child_process')).default;
  const { spawn } = processes;
  processes.spawn = (program, given, options) =>
    spawn(program, given, { ...options, env: { ...options.env, ...more } });
  (await import('node:module')).syncBuiltinESMExports();
  const { startEmbeddedPostgres } = await import(${JSON.stringify(MODULE)});
  const { createLog } = await import(${JSON.stringify(LOG_MODULE)});
  const [dataDir] = process.argv.slice(1);
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log: createLog('silent') });
    console.log(postgres.connectionString);
    process.once('SIGTERM', () => void postgres.close());
  } catch (error) {
    console.log('refused: ' + error.message);
  }
`;

/**
 * Starts an owner on a data directory, as another user if asked.
 * @throws Error with what it said when it could not start PostgreSQL
 */
export async function startOwner(
  dataDir: string,
  user?: { uid: number; gid: number },
  serverEnvironment: Readonly<Record<string, string>> = {},
): Promise<PostgresOwner> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    env: { ...process.env, SERVER_ENVIRONMENT: JSON.stringify(serverEnvironment) },
    ...user,
  });
  // An interrupted campaign leaves nothing behind: without its owner the server shuts down.
  const endWithUs = (): boolean => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  child.once('exit', () => process.removeListener('exit', endWithUs));
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  if (line.startsWith('refused: ')) throw new Error(line);
  return { child, connectionString: line };
}

/** Has the owner shut its server down, and waits for it. */
export async function stopOwner({ child }: PostgresOwner): Promise<void> {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Kills the owner alone, without a word. */
export async function killOwner({ child }: PostgresOwner): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The processes between an owner and its server, known to be the owner's by their parents. */
export interface ServerProcesses {
  readonly server: number;
  /** The shell that watches over the server, and its reader. */
  readonly watchers: readonly number[];
}

/**
 * Looks up the server of an owner by proc(5). Linux only.
 * @throws when what runs on the cluster is not the owner's, so that nothing else can be killed
 */
export function findServer({ child }: PostgresOwner, cluster: string): ServerProcesses {
  const server = Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10);
  const watcher = parentOf(server);
  if (watcher === null || parentOf(watcher) !== child.pid) {
    throw new Error(`process ${server} is not the server of process ${child.pid}`);
  }
  const children = readFileSync(`/proc/${watcher}/task/${watcher}/children`, 'utf8');
  const others = children.trim().split(' ').map(Number);
  return { server, watchers: [watcher, ...others.filter((pid) => pid !== server)] };
}

/** Whether a process runs; one that is only not collected yet (a zombie) does not. */
export function isRunning(pid: number): boolean {
  return parentOf(pid) !== null;
}

/** Null when the process does not run. */
function parentOf(pid: number): number | null {
  try {
    // The fields after the name in brackets: state, parent, ...
    const [state, parent] =
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return state === 'Z' || state === 'X' ? null : Number(parent);
  } catch {
    return null;
  }
}
