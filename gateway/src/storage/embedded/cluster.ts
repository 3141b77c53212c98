import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFile, POSTGRES_MAJOR, type Binaries } from './binaries.ts';
import { runCommand } from './command.ts';
import type { Place } from './place.ts';

/** The superuser of every cluster made here, and the name of the gateway's database. */
export const SUPERUSER = 'tickwire';

/**
 * Makes the cluster unless it is there, and returns the password of its superuser (kept in the data
 * directory, mode 0600).
 *
 * The cluster is made under another name and renamed when it is whole, so a start that is killed in
 * the middle leaves nothing that looks like a cluster. Its collation is PostgreSQL's built-in
 * C.UTF-8: sorting that no update of the system's libraries can change under an index.
 * @throws Error with a sentence when initdb fails or the cluster is of another major version
 */
export async function prepareCluster(
  binaries: Binaries,
  place: Place,
  dataDir: string,
): Promise<{ password: string }> {
  const passwordFile = join(dataDir, 'postgres.password');
  if (existsSync(place.cluster)) {
    assertMajor(place.cluster);
    return { password: readPassword(passwordFile, place.cluster) };
  }
  const password = existsSync(passwordFile)
    ? readPassword(passwordFile, place.cluster)
    : randomBytes(24).toString('hex');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600, flush: true });
  await initialise(binaries, place, password);
  return { password };
}

async function initialise(binaries: Binaries, place: Place, password: string): Promise<void> {
  const draft = `${place.cluster}.new`;
  const handover = join(place.directory, 'password.new');
  rmSync(draft, { recursive: true, force: true });
  writeFileSync(handover, `${password}\n`, { mode: 0o600 });
  if (place.user !== undefined) chownSync(handover, place.user.uid, place.user.gid);
  const { code, output } = await runCommand(
    programFile(binaries.folder, 'initdb'),
    [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${handover}`,
      '--auth-local=scram-sha-256',
      '--auth-host=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ],
    place.user,
  );
  rmSync(handover, { force: true });
  if (code !== 0) {
    const reason = output.split('\n').findLast((line) => line.includes('error:')) ?? output;
    throw new Error(
      `The embedded PostgreSQL could not make its database in ${place.directory}: ${reason}. ` +
        'Mend that, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  renameSync(draft, place.cluster);
}

function assertMajor(cluster: string): void {
  const major = Number.parseInt(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'), 10);
  if (major === POSTGRES_MAJOR) return;
  throw new Error(
    `The database in ${cluster} was made by PostgreSQL ${major}, and this Tickwire runs ` +
      `PostgreSQL ${POSTGRES_MAJOR}, which can not open it. Start it with a PostgreSQL ${major} ` +
      'and DATABASE_URL, or with the Tickwire that made it.',
  );
}

function readPassword(file: string, cluster: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `The password of the database in ${cluster} can not be read from ${file}. Bring that file ` +
        'back from a backup of the data directory.',
      { cause: error },
    );
  }
}
