import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { SUPERUSER } from './cluster.ts';
import type { Place } from './place.ts';
import { userCan } from './server-user.ts';

/** Where the server listens, and what it must be told for that. */
export interface Address {
  /** For `pg`, naming the gateway's database. */
  readonly connectionString: string;
  readonly settings: Readonly<Record<string, string>>;
  /** To be called before every start of the server. */
  prepare(): void;
  remove(): void;
}

/** Part of the socket's name only: on a socket nothing can be taken. */
const SOCKET_PORT = 5432;

/** The shortest limit of the supported systems (macOS; Linux has 107), less the socket's name. */
const SOCKET_DIRECTORY_BYTES_MAX = 103 - `/.s.PGSQL.${SOCKET_PORT}`.length;

/** A unix socket in a private directory, or a loopback port that was free just now. */
export type AddressKind = 'socket' | 'loopback';

/** Sockets where there are any, so that nothing listens on the network. */
export const ADDRESS_KIND_DEFAULT: AddressKind =
  process.platform === 'win32' ? 'loopback' : 'socket';

/** Finds an address of a kind. What was free may be taken when the server gets there. */
export async function chooseAddress(
  kind: AddressKind,
  place: Place,
  password: string,
): Promise<Address> {
  if (kind === 'loopback') return await loopbackAddress(password);
  const directory = await socketDirectory(place);
  return {
    connectionString:
      `postgresql://${SUPERUSER}:${password}@localhost:${SOCKET_PORT}/${SUPERUSER}` +
      `?host=${encodeURIComponent(directory)}`,
    settings: {
      listen_addresses: '',
      port: String(SOCKET_PORT),
      unix_socket_directories: directory,
      unix_socket_permissions: '0700',
    },
    prepare: () => makePrivate(directory, place),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/**
 * A short path: the last one used here if it is still fit for use (so that a killed gateway leaves
 * no litter), else a new one in the first suitable temporary folder. Not in the data directory,
 * whose path may be too long or on a file system without sockets.
 */
async function socketDirectory(place: Place): Promise<string> {
  const memory = join(place.directory, 'socket.location');
  const candidates = [tmpdir(), '/tmp', place.directory].map((folder) =>
    join(folder, `tickwire-${randomBytes(6).toString('hex')}`),
  );
  for (const candidate of [...readLines(memory), ...candidates]) {
    if (Buffer.byteLength(candidate) > SOCKET_DIRECTORY_BYTES_MAX) continue;
    try {
      makePrivate(candidate, place);
    } catch {
      continue;
    }
    if (await userCan(place.user, 'w', candidate)) {
      writeFileSync(memory, `${candidate}\n`);
      return candidate;
    }
    rmSync(candidate, { recursive: true, force: true });
  }
  throw new Error('There is no temporary folder for the socket of the embedded PostgreSQL.');
}

/** @throws when somebody else's directory stands there */
function makePrivate(directory: string, place: Place): void {
  const owner = place.user?.uid ?? process.getuid?.();
  try {
    mkdirSync(directory, { mode: 0o700 });
    chmodSync(directory, 0o700);
    if (place.user !== undefined) chownSync(directory, place.user.uid, place.user.gid);
  } catch (error) {
    if (statSync(directory).uid !== owner) throw error;
  }
}

async function loopbackAddress(password: string): Promise<Address> {
  const port = await freePort();
  return {
    connectionString: `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${SUPERUSER}`,
    settings: {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
    },
    prepare: () => undefined,
    remove: () => undefined,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}
