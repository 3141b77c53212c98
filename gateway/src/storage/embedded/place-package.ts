import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ServerUser } from './command.ts';
import { userCan } from './server-user.ts';
import { sharedPlaces } from './shared-place.ts';

interface PackageToPlace {
  /** The package's folder with `bin`, `lib` and `share`. */
  readonly native: string;
  /** Names this very version and platform. */
  readonly name: string;
  readonly user: ServerUser | undefined;
  readonly dataDir: string;
}

/**
 * Makes the packaged PostgreSQL runnable by `user` and returns the folder it can be run from: the
 * package itself where possible, else a copy (61 MB), made once.
 *
 * The package can't be run as npm leaves it, because npm archives carry no symbolic links and the
 * package's install script, which would make them, does not run here. And root's checkout may lie
 * under folders that `nobody` can't enter.
 * @throws Error with a sentence when no place is left
 */
export async function placePackage(wanted: PackageToPlace): Promise<string> {
  const { native, name, user, dataDir } = wanted;
  if (tryLink(native) && (await isRunnable(native, user))) return native;

  const places = user === undefined ? [dataDir] : sharedPlaces();
  for (const place of places) {
    const copy = join(place, name);
    if (!existsSync(copy)) copyPackage(native, copy);
    if (await isRunnable(copy, user)) return copy;
  }
  throw new Error(
    `The embedded PostgreSQL in ${native} can not be run by user ${user?.uid ?? process.getuid?.()}, ` +
      'and there is no place for a copy of it. Please set DATABASE_URL to a PostgreSQL of your own.',
  );
}

async function isRunnable(native: string, user: ServerUser | undefined): Promise<boolean> {
  if (user === undefined) return true;
  const program = await userCan(user, 'x', join(native, 'bin', 'postgres'));
  return program && (await userCan(user, 'r', join(native, 'share/postgresql/postgres.bki')));
}

/** Makes the missing links beside the libraries; false when this user may not. */
function tryLink(native: string): boolean {
  try {
    for (const { source, target } of readLinks(native)) {
      const link = join(dirname(native), target);
      if (existsSync(link)) continue;
      makeLink(relative(dirname(target), source), link);
    }
    return true;
  } catch {
    return false;
  }
}

/** Another start may be making the same links. */
function makeLink(target: string, link: string): void {
  try {
    symlinkSync(target, link);
  } catch (error) {
    if (!existsSync(link)) throw error;
  }
}

/** Which links the package wants, as paths from the folder above `native`. */
function readLinks(native: string): { source: string; target: string }[] {
  const file = join(native, 'pg-symlinks.json');
  if (!existsSync(file)) return [];
  return JSON.parse(readFileSync(file, 'utf8')) as { source: string; target: string }[];
}

/** Copies to a name of its own and renames, so that a copy is complete or not there. */
function copyPackage(native: string, copy: string): void {
  const draft = `${copy}.${randomUUID()}`;
  const draftNative = join(draft, 'native');
  for (const part of ['bin', 'lib', 'share']) copyTree(join(native, part), join(draftNative, part));
  copyFileSync(join(native, 'pg-symlinks.json'), join(draftNative, 'pg-symlinks.json'));
  tryLink(draftNative);
  try {
    renameSync(draftNative, copy);
  } catch (error) {
    if (!existsSync(copy)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Copies what is needed at run time, open to all to read whatever the umask is. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(dirname(to), 0o755);
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const source = join(from, entry.name);
    const target = join(to, entry.name);
    if (entry.isDirectory()) copyTree(source, target);
    else if (entry.isFile() && !entry.name.endsWith('.a')) {
      copyFileSync(source, target);
      chmodSync(target, 0o755);
    }
  }
}
