import { existsSync, readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { findServer, startOwner, stopOwner } from '../harness/postgres-owner.ts';
import { waitUntil } from '../harness/wait-until.ts';

const WITHIN_MS = 30_000;

/** The PostgreSQL of a campaign, and the hand that kills it. */
export interface KillableDatabase {
  /** For the gateways; null: their own. */
  readonly url: string | null;
  /** SIGKILL to the server's first process, known by its data directory and its parents. */
  kill(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The embedded PostgreSQL of the only gateway.
 * @param owner the gateway that runs now
 */
export function databaseOfGateway(
  dataDir: string,
  owner: () => ChildProcess | undefined,
): KillableDatabase {
  return {
    url: null,
    kill: () => killServer(dataDir, owner),
    close: () => Promise.resolve(),
  };
}

/** A PostgreSQL of its own, which can also be away for a while. */
export interface DatabaseBeside extends KillableDatabase {
  readonly url: string;
  /** Shuts the server down, and keeps it from being started again: connections are refused. */
  takeAway(): void;
  /** It may be started again, which takes a moment. */
  giveBack(): void;
  /** SIGSTOP: connections stay, new ones are taken, and nothing is answered. */
  hang(): void;
  goOn(): void;
}

/** A PostgreSQL beside the gateways, which starts again by itself. */
export async function databaseBeside(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<DatabaseBeside> {
  const owner = await startOwner(dataDir, undefined, environment);
  const server = (): number => findServer(owner, clusterOf(dataDir)).server;
  return {
    url: owner.connectionString,
    kill: () => killServer(dataDir, () => owner.child),
    takeAway() {
      const pid = server();
      owner.child.kill('SIGSTOP');
      process.kill(pid, 'SIGINT');
    },
    giveBack() {
      owner.child.kill('SIGCONT');
    },
    hang() {
      const pid = server();
      // First the one that would start new ones.
      process.kill(pid, 'SIGSTOP');
      for (const child of childrenOf(pid)) process.kill(child, 'SIGSTOP');
    },
    goOn() {
      const pid = server();
      for (const child of childrenOf(pid)) process.kill(child, 'SIGCONT');
      process.kill(pid, 'SIGCONT');
    },
    close: () => stopOwner(owner),
  };
}

function childrenOf(pid: number): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return listed === '' ? [] : listed.split(' ').map(Number);
}

/** Somebody else's, which is never killed. */
export function databaseElsewhere(url: string): KillableDatabase {
  return {
    url,
    kill: () => Promise.reject(new Error('this database is not the campaign’s to kill')),
    close: () => Promise.resolve(),
  };
}

async function killServer(dataDir: string, owner: () => ChildProcess | undefined): Promise<void> {
  const { server } = await waitUntil(
    'PostgreSQL to run',
    () => {
      const child = owner();
      return child && findServer({ child, connectionString: '' }, clusterOf(dataDir));
    },
    WITHIN_MS,
  );
  process.kill(server, 'SIGKILL');
}

/** Where a data directory's PostgreSQL is: below it, or where it says. */
function clusterOf(dataDir: string): string {
  const elsewhere = join(dataDir, 'postgres.location');
  const place = existsSync(elsewhere)
    ? readFileSync(elsewhere, 'utf8').trim()
    : join(dataDir, 'postgres');
  return join(place, 'cluster');
}
