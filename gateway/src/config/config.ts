import { resolve } from 'node:path';
import { toError } from '../domain/errors.ts';
import { MEDIA_BYTES_MAX } from '../domain/media.ts';
import type { Catalogue } from '../domain/catalogue.ts';
import type { PacingPolicy } from '../domain/pacing.ts';
import type { Plan } from '../domain/plans.ts';
import type { Environment } from './environment.ts';
import { decideCatalogue } from './catalogue-file.ts';
import { decidePacing } from './pacing-file.ts';

/** Every decision the environment makes, checked and with its defaults. */
export interface Config {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Null: the embedded PostgreSQL in the data directory. */
  readonly databaseUrl: string | null;
  /** Absolute. */
  readonly dataDir: string;
  readonly adminToken: string | null;
  /** 64 hexadecimal digits, or null for the generated one in the data directory. */
  readonly masterKeyHex: string | null;
  readonly testMode: boolean;
  /** `ws://127.0.0.1:PORT` of a simulator started alone, or null for the built-in one. */
  readonly simulatorUrl: string | null;
  /**
   * Where live services connect, or null for WhatsApp's own address. They trust WhatsApp's root
   * wherever that is, so this can reach WhatsApp by another way but never be something else.
   */
  readonly whatsAppUrl: string | null;
  /** `https://HOST`, where clients reach this gateway; null: the Host they ask for. */
  readonly publicUrl: string | null;
  readonly received: {
    /** How long received files are kept. */
    readonly keptDays: number;
    /** The longest received file that is kept. */
    readonly fileBytesMax: number;
  };
  /** True: media links and webhooks may point to private and loopback addresses. */
  readonly allowPrivateUrls: boolean;
  /** Where the crash campaign makes this process kill itself (`runtime/crash-point.ts`). */
  readonly crashAt: string | null;
  /** `api` serves HTTP, `worker` holds the accounts' sockets, `all` does both. */
  readonly role: 'all' | 'api' | 'worker';
  /** After how long without a sign of life a process's accounts are taken over by others. */
  readonly leaseMs: number;
  /** What agents buy, and for how much. */
  readonly catalogue: Catalogue;
  /** How fast accounts may send. */
  readonly pacing: PacingPolicy;
  readonly logLevel: string;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** A setting that can not be used; the message names the variable and says what is allowed. */
class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Decides from the environment.
 * @throws ConfigError
 */
export function decideConfig(environment: Environment): Config {
  const testMode = readSwitch('TICKWIRE_TEST_MODE', environment.TICKWIRE_TEST_MODE, true);
  const simulatorUrl = environment.TICKWIRE_SIMULATOR_URL ?? null;
  if (simulatorUrl !== null && !testMode) {
    throw new ConfigError('TICKWIRE_SIMULATOR_URL needs TICKWIRE_TEST_MODE=on.');
  }
  if (simulatorUrl !== null && !isLoopbackWebSocket(simulatorUrl)) {
    throw new ConfigError('TICKWIRE_SIMULATOR_URL must look like ws://127.0.0.1:PORT.');
  }
  const masterKeyHex = environment.TICKWIRE_MASTER_KEY ?? null;
  if (masterKeyHex !== null && !/^[0-9a-f]{64}$/i.test(masterKeyHex)) {
    throw new ConfigError('TICKWIRE_MASTER_KEY must be 64 hexadecimal digits.');
  }
  const logLevel = environment.LOG_LEVEL ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new ConfigError(`LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}.`);
  }
  if (environment.TICKWIRE_CRASH_AT !== undefined && !testMode) {
    throw new ConfigError('TICKWIRE_CRASH_AT needs TICKWIRE_TEST_MODE=on.');
  }
  const catalogue = readCatalogue(environment.TICKWIRE_CATALOGUE);
  return {
    port: readPort(environment.PORT),
    host: environment.HOST ?? '127.0.0.1',
    databaseUrl: environment.DATABASE_URL ?? null,
    dataDir: resolve(environment.TICKWIRE_DATA_DIR ?? './data'),
    adminToken: environment.TICKWIRE_ADMIN_TOKEN ?? null,
    masterKeyHex,
    testMode,
    simulatorUrl,
    whatsAppUrl: environment.TICKWIRE_WHATSAPP_URL ?? null,
    publicUrl: readPublicUrl(environment.TICKWIRE_PUBLIC_URL),
    received: {
      keptDays: readCount('TICKWIRE_MEDIA_DAYS', environment.TICKWIRE_MEDIA_DAYS, 30),
      fileBytesMax: readCount(
        'TICKWIRE_MEDIA_BYTES_MAX',
        environment.TICKWIRE_MEDIA_BYTES_MAX,
        MEDIA_BYTES_MAX,
      ),
    },
    allowPrivateUrls: readSwitch(
      'TICKWIRE_ALLOW_PRIVATE_URLS',
      environment.TICKWIRE_ALLOW_PRIVATE_URLS,
      false,
    ),
    catalogue,
    pacing: readPacing(environment.TICKWIRE_PACING, catalogue.plans),
    crashAt: environment.TICKWIRE_CRASH_AT ?? null,
    role: readRole(environment),
    leaseMs: readCount('TICKWIRE_LEASE_SECONDS', environment.TICKWIRE_LEASE_SECONDS, 30) * 1000,
    logLevel,
  };
}

function readCatalogue(written: string | undefined): Catalogue {
  try {
    return decideCatalogue(written);
  } catch (error) {
    throw new ConfigError(toError(error).message, { cause: error });
  }
}

function readPacing(written: string | undefined, plans: readonly Plan[]): PacingPolicy {
  try {
    return decidePacing(written, plans);
  } catch (error) {
    throw new ConfigError(toError(error).message, { cause: error });
  }
}

function readRole({ TICKWIRE_ROLE: role = 'all', DATABASE_URL }: Environment): Config['role'] {
  if (role !== 'all' && role !== 'api' && role !== 'worker') {
    throw new ConfigError('TICKWIRE_ROLE must be "all", "api" or "worker".');
  }
  if (role !== 'all' && DATABASE_URL === undefined) {
    throw new ConfigError(`TICKWIRE_ROLE=${role} needs a DATABASE_URL that all processes share.`);
  }
  return role;
}

function readPort(written: string | undefined): number {
  const port = Number(written ?? '3000');
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ConfigError('PORT must be a number from 0 to 65535.');
  }
  return port;
}

function readPublicUrl(written: string | undefined): string | null {
  if (written === undefined) return null;
  const url = URL.parse(written);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new ConfigError('TICKWIRE_PUBLIC_URL must look like https://whatsapp.example.com.');
  }
  return url.href.replace(/\/$/, '');
}

function readCount(name: string, written: string | undefined, fallback: number): number {
  const count = Number(written ?? fallback);
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new ConfigError(`${name} must be a whole number from 1.`);
  }
  return count;
}

function readSwitch(name: string, written: string | undefined, fallback: boolean): boolean {
  if (written === undefined) return fallback;
  if (written === 'on') return true;
  if (written === 'off') return false;
  throw new ConfigError(`${name} must be "on" or "off".`);
}

function isLoopbackWebSocket(url: string): boolean {
  const parsed = URL.parse(url);
  return (
    parsed?.protocol === 'ws:' && ['127.0.0.1', 'localhost', '[::1]'].includes(parsed.hostname)
  );
}
