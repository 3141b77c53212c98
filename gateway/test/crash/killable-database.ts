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

/** A PostgreSQL beside the gateways, which starts again by itself. */
export async function databaseBeside(dataDir: string): Promise<KillableDatabase> {
  const owner = await startOwner(dataDir);
  return {
    url: owner.connectionString,
    kill: () => killServer(dataDir, () => owner.child),
    close: () => stopOwner(owner),
  };
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
