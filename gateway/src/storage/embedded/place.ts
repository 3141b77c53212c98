import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../runtime/log.ts';
import type { ServerUser } from './command.ts';
import { chooseServerUser, userCan } from './server-user.ts';
import { sharedPlaces } from './shared-place.ts';

/** Where a data directory's PostgreSQL lives and who runs it. */
export interface Place {
  /** Holds the cluster and what belongs to it. */
  readonly directory: string;
  /** PostgreSQL's own directory. Not there before the first start. */
  readonly cluster: string;
  readonly user: ServerUser | undefined;
}

const LOCATION_FILE = 'postgres.location';

/**
 * Decides where the cluster of a data directory is, or is to be made: in `<dataDir>/postgres`
 * wherever the user that runs PostgreSQL gets there. Root's data directory may lie under a folder
 * closed to everybody else (a home with mode 0700). Then the cluster goes to a shared place, and
 * the data directory keeps its path in the file `postgres.location`.
 * @throws Error with a sentence when the cluster is gone, somebody else's or out of reach
 */
export async function findPlace(dataDir: string, log: Log): Promise<Place> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const elsewhere = readLocation(dataDir);
  const directory = elsewhere ?? join(dataDir, 'postgres');
  const cluster = join(directory, 'cluster');
  if (existsSync(cluster)) return await existingPlace(directory, cluster);
  if (elsewhere !== undefined && !existsSync(elsewhere)) {
    throw new Error(
      `The database of ${dataDir} was in ${elsewhere}, which is not there any more. Bring it back, ` +
        `or remove ${join(dataDir, LOCATION_FILE)} to start with an empty database.`,
    );
  }

  const user = chooseServerUser(undefined);
  if (elsewhere !== undefined) return { directory, cluster, user };
  if (user === undefined) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return { directory, cluster, user };
  }
  if (await makeFor(user, dataDir, directory)) return { directory, cluster, user };
  return await placeElsewhere(user, dataDir, log);
}

async function existingPlace(directory: string, cluster: string): Promise<Place> {
  const user = chooseServerUser(cluster);
  const owner = statSync(cluster).uid;
  const runner = user?.uid ?? process.getuid?.() ?? owner;
  if (runner !== owner) {
    throw new Error(
      `The database in ${cluster} belongs to user ${owner}, and user ${runner} can not run it. ` +
        'Start Tickwire as the user that started it first.',
    );
  }
  if (!(await userCan(user, 'w', cluster))) {
    throw new Error(
      `User ${owner}, who runs the database, can not reach ${cluster}. Open the folders above it ` +
        'with chmod o+x.',
    );
  }
  return { directory, cluster, user };
}

/** Root makes a directory for `user` inside the data directory; false when `user` can't get there. */
async function makeFor(user: ServerUser, dataDir: string, directory: string): Promise<boolean> {
  const before = statSync(dataDir);
  // The secrets beside it stay closed: passing through does not open files of mode 0600.
  chownSync(dataDir, before.uid, user.gid);
  chmodSync(dataDir, before.mode | 0o010);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chownSync(directory, user.uid, user.gid);
  if (await userCan(user, 'w', directory)) return true;
  rmSync(directory, { recursive: true });
  chownSync(dataDir, before.uid, before.gid);
  chmodSync(dataDir, before.mode);
  return false;
}

async function placeElsewhere(user: ServerUser, dataDir: string, log: Log): Promise<Place> {
  for (const shared of sharedPlaces()) {
    const directory = join(shared, randomBytes(8).toString('hex'));
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, user.uid, user.gid);
    if (await userCan(user, 'w', directory)) {
      writeFileSync(join(dataDir, LOCATION_FILE), `${directory}\n`);
      log.warn(
        { directory },
        'PostgreSQL does not run as root and can not get into the data directory: the database is kept elsewhere',
      );
      return { directory, cluster: join(directory, 'cluster'), user };
    }
    rmSync(directory, { recursive: true });
  }
  throw new Error(
    `PostgreSQL does not run as root, and user ${user.uid} can not get into ${dataDir}. Choose a ` +
      'TICKWIRE_DATA_DIR that everybody may pass through, or set DATABASE_URL.',
  );
}

function readLocation(dataDir: string): string | undefined {
  const file = join(dataDir, LOCATION_FILE);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
