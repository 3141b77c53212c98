import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Config } from './config.ts';

/** What must stay secret: generated once, kept in the data directory with mode 0600. */
export interface Secrets {
  /** 32 bytes; everything sealed at rest hangs on it. */
  readonly masterKey: Buffer;
  /** Bearer token of the operator. */
  readonly adminToken: string;
  /** True when the token was made by this start, so that it is shown once. */
  readonly isAdminTokenNew: boolean;
  /** Tells this data directory from others; no secret. */
  readonly home: string;
}

/** Takes the secrets from the configuration, else from the data directory, else makes them. */
export function openSecrets(config: Config): Secrets {
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const masterKeyHex =
    config.masterKeyHex ?? keepOnce(join(config.dataDir, 'master.key'), () => hex(32)).value;
  const token =
    config.adminToken === null
      ? keepOnce(join(config.dataDir, 'admin.token'), () => `tw_admin_${hex(20)}`)
      : { value: config.adminToken, isNew: false };
  return {
    masterKey: Buffer.from(masterKeyHex, 'hex'),
    adminToken: token.value,
    isAdminTokenNew: token.isNew,
    home: keepOnce(join(config.dataDir, 'home.id'), () => hex(8)).value,
  };
}

/** Reads a one-line file, or writes it first: completely or not at all, whatever dies when. */
function keepOnce(path: string, make: () => string): { value: string; isNew: boolean } {
  const kept = readLine(path);
  if (kept !== null) return { value: kept, isNew: false };
  const value = make();
  const draft = `${path}.new`;
  const file = openSync(draft, 'w', 0o600);
  writeSync(file, `${value}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(draft, path);
  return { value, isNew: true };
}

function readLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}
