import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { runCommand, type ServerUser } from './command.ts';

/** The number of `nobody` where the password file does not say. */
const NOBODY_DEFAULT = 65_534;

/**
 * Who must run PostgreSQL, which refuses to run as root: root hands it to the owner of the cluster
 * if there is one already, else to `nobody`. Everybody else runs it themselves (undefined).
 * @param cluster the cluster's directory, if it exists
 * @throws Error with a sentence when this user has no name, which initdb and the server insist on
 */
export function chooseServerUser(cluster: string | undefined): ServerUser | undefined {
  if (process.getuid === undefined) return undefined;
  const uid = process.getuid();
  if (uid === 0) return ownerUnlessRoot(cluster) ?? nobody();
  try {
    userInfo();
    return undefined;
  } catch (error) {
    throw new Error(
      `The embedded PostgreSQL can not run as user ${uid}, because the system's password file has ` +
        'no entry for it (usual in containers started with an arbitrary user). Run as a user with ' +
        'an entry, or set DATABASE_URL to a PostgreSQL of your own.',
      { cause: error },
    );
  }
}

function ownerUnlessRoot(directory: string | undefined): ServerUser | undefined {
  if (directory === undefined) return undefined;
  const { uid, gid } = statSync(directory);
  return uid === 0 ? undefined : { uid, gid };
}

function nobody(): ServerUser {
  const line = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readPasswordFile());
  const uid = Number(line?.[1] ?? NOBODY_DEFAULT);
  const gid = Number(line?.[2] ?? NOBODY_DEFAULT);
  return { uid, gid };
}

function readPasswordFile(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8');
  } catch {
    return '';
  }
}

/**
 * Whether `user` can read, write or enter a path, asked by trying: folders above it, access lists
 * and read-only mounts all count.
 */
export async function userCan(
  user: ServerUser | undefined,
  access: 'r' | 'w' | 'x',
  path: string,
): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const { code } = await runCommand('/bin/sh', ['-c', `test -${access} "$1"`, 'sh', path], user);
  return code === 0;
}
