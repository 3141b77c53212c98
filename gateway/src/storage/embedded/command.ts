import { spawn } from 'node:child_process';

/** Who runs PostgreSQL. Undefined stands for the user this process runs as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

export interface CommandResult {
  /** 0 for success, null when it could not be started or was killed. */
  readonly code: number | null;
  /** What it printed on both outputs, or why it could not be started. */
  readonly output: string;
}

/**
 * The environment of everything started here: nothing of the gateway's, which holds secrets, and
 * messages in English, because some are recognised.
 */
const ENVIRONMENT = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Options for starting a program as `user`. In the root directory, because the current one may be
 * closed to that user. On Windows programs need more of the environment, so it is inherited.
 */
export function spawnOptionsOf(user: ServerUser | undefined): {
  cwd?: string;
  env?: Record<string, string>;
  uid?: number;
  gid?: number;
} {
  if (process.platform === 'win32') return {};
  return { cwd: '/', env: ENVIRONMENT, ...user };
}

/** Runs a program to its end as `user`; a failure is a result, not an exception. */
export async function runCommand(
  program: string,
  programArguments: readonly string[],
  user: ServerUser | undefined,
): Promise<CommandResult> {
  return await new Promise((resolve) => {
    const child = spawn(program, programArguments, {
      ...spawnOptionsOf(user),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString().trim() }));
  });
}
