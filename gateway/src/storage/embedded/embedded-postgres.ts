import { resolve } from 'node:path';
import { Client } from 'pg';
import { lockDirectory } from '../../runtime/directory-lock.ts';
import type { Log } from '../../runtime/log.ts';
import { ADDRESS_KIND_DEFAULT, chooseAddress, type AddressKind } from './address.ts';
import { findBinaries } from './binaries.ts';
import { prepareCluster, SUPERUSER } from './cluster.ts';
import { assertDurable } from './durability.ts';
import { findPlace } from './place.ts';
import { SERVER_SETTINGS } from './server-settings.ts';
import { startServer } from './server-process.ts';
import { clearWay } from './stale-pid.ts';
import { superviseServer } from './supervisor.ts';

/** A PostgreSQL of our own that runs as long as this process. */
export interface EmbeddedPostgres {
  /** For `pg`: the database `tickwire`, as its superuser. Stays valid when the server restarts. */
  readonly connectionString: string;
  /** Shuts the server down cleanly. */
  close(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Absolute or relative; made when it is not there. */
  readonly dataDir: string;
  readonly log: Log;
  /** PostgreSQL settings on top of ours, such as `{ max_connections: '200' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where it listens, if not where this platform does best. */
  readonly listenOn?: AddressKind;
}

/**
 * Starts the PostgreSQL of a data directory, making it on the first start (about a second; later
 * starts take a tenth of that). It survives everything short of the disk: when this process is
 * killed, the server shuts down by itself; when the server is killed, it is started again.
 * @throws Error with a sentence for the user: in use, not runnable here, not durable, ...
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  const place = await findPlace(dataDir, log);
  // Its own lock, beside the gateway's on the data directory: a copied data directory may point to
  // a database that is in use.
  const lock = await lockDirectory(place.directory);
  try {
    const binaries = await findBinaries(place.user, dataDir);
    log.debug({ ...binaries, cluster: place.cluster }, 'starting PostgreSQL');
    const { password } = await prepareCluster(binaries, place, dataDir);
    const kind = options.listenOn ?? ADDRESS_KIND_DEFAULT;
    const address = await chooseAddress(kind, place, password);
    const settings = { ...SERVER_SETTINGS, ...options.settings, ...address.settings };

    const supervisor = await superviseServer({
      log,
      start: async () => {
        address.prepare();
        await clearWay(binaries, place, log);
        return startServer(binaries, place, settings, log);
      },
    });
    const close = async (): Promise<void> => {
      await supervisor.close();
      address.remove();
      lock.release();
    };
    try {
      await openDatabase(address.connectionString);
    } catch (error) {
      await close();
      throw error;
    }
    return { connectionString: address.connectionString, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Makes our database unless it is there, and checks that it keeps what it confirms. */
async function openDatabase(connectionString: string): Promise<void> {
  const maintenance = new URL(connectionString);
  maintenance.pathname = '/postgres';
  await withClient(maintenance.href, async (client) => {
    const found = await client.query('SELECT FROM pg_database WHERE datname = $1', [SUPERUSER]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${SUPERUSER}`);
  });
  await withClient(connectionString, async (client) => {
    await assertDurable(async (statement) => await client.query(statement));
  });
}

async function withClient(
  connectionString: string,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
