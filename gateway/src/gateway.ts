import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Registry, collectDefaultMetrics } from 'prom-client';
import { openAccounts, type Accounts } from './accounts.ts';
import type { Config } from './config/config.ts';
import { useOwnTemporaryFolder } from './config/temporary-folder.ts';
import { openSecrets, type Secrets } from './config/secrets.ts';
import { toError } from './domain/errors.ts';
import { createKeyring } from './http/access/keyring.ts';
import { createFileLinks } from './http/media/file-links.ts';
import type { ServiceId } from './domain/ids.ts';
import type { AcceptedMessage } from './domain/message.ts';
import { Housekeeping } from './housekeeping.ts';
import { createHttpServer } from './http/server.ts';
import { openReceivedFiles, type ReceivedFiles } from './inbox/received-files.ts';
import { ReceivedSweeper } from './inbox/received-sweeper.ts';
import { openMedia, type Media } from './media/open-media.ts';
import { tellOwners } from './outbox/wake-owners.ts';
import { createIntake } from './outbox/intake.ts';
import { joinProcesses } from './processes.ts';
import { systemClock, type Clock } from './runtime/clock.ts';
import { armCrashPoint } from './runtime/crash-point.ts';
import { lockDirectory } from './runtime/directory-lock.ts';
import type { Log } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import { addSessionMetrics, gateWarnings } from './sessions/session-metrics.ts';
import { openSimulatedWhatsApp } from './simulated-whatsapp.ts';
import { DatabaseClock } from './storage/clock/database-clock.ts';
import { isDatabaseAway } from './storage/database-away.ts';
import { DatabasePulse } from './storage/database-pulse.ts';
import { openDatabase, type Database } from './storage/database.ts';
import { assertDurable } from './storage/embedded/durability.ts';
import { startEmbeddedPostgres } from './storage/embedded/embedded-postgres.ts';
import { createSharedFiles, ownDiskOnly } from './storage/files/shared-files.ts';
import { assertMasterKey } from './storage/installation.ts';
import { migrate } from './storage/migrate.ts';
import { Notices } from './storage/notices/notices.ts';
import { databaseAnswers } from './storage/ping.ts';
import { openWebhooks, type Webhooks } from './webhooks/open-webhooks.ts';
import type { KeptNews } from './storage/webhooks/keep-news.ts';

/** Whether a process still owns its accounts must not wait behind its own work. */
const LEASE_DATABASE = { connectionsMax: 3, answerMsMax: 4000 };

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly secrets: Secrets;
  readonly hasSimulator: boolean;
}

/** A PostgreSQL that was started at the same time, or that recovers, may take so long. */
const DATABASE_AWAY_MS_MAX = 60_000;
const START_AGAIN_MS = 1000;
/** Of the twenty seconds that a stop may take. */
const REQUESTS_ON_STOP_MS_MAX = 8000;

/**
 * Builds the parts and joins them; what holds sockets is joined in `accounts.ts`. What is started is
 * stopped in the opposite order, also when a later part can not be started. While the database is
 * away it is tried again, for a minute.
 * @param stop ends the trying
 * @throws when a part can not be started; the message says which setting to change
 */
export async function startGateway(config: Config, log: Log, stop: AbortSignal): Promise<Gateway> {
  const sinceMs = systemClock.monotonicMs();
  for (;;) {
    const stack = new AsyncDisposableStack();
    try {
      return await buildGateway(config, log, stack);
    } catch (thrown) {
      await stack.disposeAsync();
      const error = toError(thrown);
      const isInTime = systemClock.monotonicMs() - sinceMs < DATABASE_AWAY_MS_MAX;
      if (!isDatabaseAway(error) || !isInTime || stop.aborted) throw error;
      log.warn({ cause: error.message }, 'the database is away; trying again to start');
      await delay(START_AGAIN_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

async function buildGateway(
  config: Config,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<Gateway> {
  if (config.crashAt !== null) armCrashPoint(config.crashAt);
  const lock = await lockDirectory(config.dataDir);
  stack.defer(() => lock.release());
  const secrets = openSecrets(config);
  const { notices, database, leaseDatabase, clock } = await prepareDatabase(config, log, stack);
  // Not before PostgreSQL has started: root puts its files where others may enter.
  useOwnTemporaryFolder(config.dataDir);
  await assertMasterKey(database.pool, secrets.masterKey);
  const simulator = hasSimulator(config) ? await openSimulatedWhatsApp(config) : null;
  stack.defer(() => simulator?.close());
  const { media, receivedFiles } = await openFiles(config, database, secrets, log, stack);
  const webhooks = openOwnWebhooks(config, database, notices, secrets, clock, log, stack);
  const onEvents = ({ listening, feeds }: KeptNews): void => {
    webhooks.wake(listening);
    webhooks.tellFeeds(feeds);
  };
  const shared = { config, database, leaseDatabase, simulator, media, secrets, notices, log };
  const ground = { ...shared, files: receivedFiles, clock, onEvents };
  const accounts = config.role === 'api' ? null : await openAccounts(ground, stack);
  const sessions = joinProcesses(ground, accounts, stack);
  const { kept, queueChanged } = wakers(accounts, database, log);
  const metrics = createMetrics(accounts);
  const housekeeping = new Housekeeping({ database, sessions, metrics, clock, log });
  const http = await createHttpServer({
    database,
    silence: watchDatabase(leaseDatabase, log, stack),
    intake: createIntake(database, kept),
    queueChanged,
    media: media.intake,
    sessions,
    webhooks,
    secrets,
    publicUrl: config.publicUrl,
    receivedFiles: { find: receivedFiles.find, wanted: () => accounts?.downloader.wake() },
    catalogue: config.catalogue,
    pacing: accounts?.pacing ?? { policy: config.pacing, changed: () => undefined },
    clock,
    random: systemRandom,
    log,
    simulatorUrl: simulator?.httpUrl ?? null,
    simulatorToken: simulator?.token ?? null,
    isReady: () => whyNotReady(database),
    warnings: () => [
      ...(accounts === null ? [] : gateWarnings(accounts.gate)),
      ...housekeeping.warnings(),
    ],
    metrics,
    isHealthOnly: config.role === 'worker',
  });
  housekeeping.start();
  stack.defer(() => housekeeping.stop());
  await accounts?.ownership.start();
  await http.listen({ port: config.port, host: config.host });
  stack.defer(() => closeInTime(http));
  media.start(queueChanged);
  webhooks.start();
  return {
    url: urlOf(http, config.host),
    secrets,
    hasSimulator: simulator !== null,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** A simulator of its own would be of no use to a process without sockets: the workers' is another. */
function hasSimulator({ testMode, role, simulatorUrl }: Config): boolean {
  return testMode && (role !== 'api' || simulatorUrl !== null);
}

/** What wakes the sender of an account, here or wherever it is. */
function wakers(
  accounts: Accounts | null,
  database: Database,
  log: Log,
): {
  kept: (messages: readonly AcceptedMessage[]) => void;
  queueChanged: (serviceId: ServiceId) => void;
} {
  const isElsewhere = (serviceId: ServiceId): boolean =>
    accounts?.ownership.isHeld(serviceId) !== true;
  return {
    kept(messages) {
      accounts?.outbox.kept(messages);
      const services = messages.map((message) => message.serviceId);
      tellOwners(database, log, services.filter(isElsewhere));
    },
    queueChanged(serviceId) {
      accounts?.outbox.changed(serviceId);
      if (isElsewhere(serviceId)) tellOwners(database, log, [serviceId]);
    },
  };
}

async function prepareDatabase(
  config: Config,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<{ database: Database; leaseDatabase: Database; notices: Notices; clock: Clock }> {
  let url = config.databaseUrl;
  if (url === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
    stack.defer(() => embedded.close());
    url = embedded.connectionString;
  }
  await migrate(url);
  const onBreak = (error: Error): void => {
    log.warn({ err: error }, 'a database connection broke; it will be made again');
  };
  const database = openDatabase(url, onBreak);
  stack.defer(() => database.close());
  const leaseDatabase = openDatabase(url, onBreak, LEASE_DATABASE);
  stack.defer(() => leaseDatabase.close());
  await assertDurable((statement) => database.pool.query(statement));
  const notices = new Notices({ url, clock: systemClock, random: systemRandom, log });
  notices.start();
  stack.defer(() => notices.close());
  const clock = new DatabaseClock(database, systemClock, log);
  await clock.start();
  stack.defer(() => {
    clock.stop();
  });
  return { database, leaseDatabase, notices, clock };
}

/** Waits for the requests that run, but no longer than a stop may take. */
async function closeInTime(http: FastifyInstance): Promise<void> {
  const cancel = systemClock.after(REQUESTS_ON_STOP_MS_MAX, () => {
    http.server.closeAllConnections();
  });
  await http.close();
  cancel();
}

function watchDatabase(database: Database, log: Log, stack: AsyncDisposableStack): DatabasePulse {
  const pulse = new DatabasePulse(
    () => databaseAnswers(database),
    systemClock,
    (isSilent) => {
      if (isSilent) log.error('the database does not answer; requests are refused until it does');
      else log.warn('the database answers again');
    },
  );
  pulse.start();
  stack.defer(() => {
    pulse.stop();
  });
  return pulse;
}

/** Files on their way out and in: on this disk, and where other processes may need them, there. */
async function openFiles(
  config: Config,
  database: Database,
  secrets: Secrets,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<{ media: Media; receivedFiles: ReceivedFiles }> {
  const { dataDir, databaseUrl, allowPrivateUrls } = config;
  const { masterKey } = secrets;
  const sharedFiles = databaseUrl === null ? ownDiskOnly : createSharedFiles(database, masterKey);
  const media = await openMedia({
    dataDir,
    database,
    sharedFiles,
    masterKey,
    allowPrivateUrls,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  stack.defer(() => media.stop());
  const receivedFiles = openReceivedFiles(join(dataDir, 'received'), masterKey, sharedFiles);
  const { keptDays } = config.received;
  const files = receivedFiles;
  const sweeper = new ReceivedSweeper({ database, files, keptDays, clock: systemClock, log });
  sweeper.start();
  stack.defer(() => sweeper.stop());
  return { media, receivedFiles };
}

function openOwnWebhooks(
  { allowPrivateUrls, publicUrl, catalogue }: Config,
  database: Database,
  notices: Notices,
  { masterKey, home }: Secrets,
  clock: Clock,
  log: Log,
  stack: AsyncDisposableStack,
): Webhooks {
  const files = createFileLinks(masterKey, publicUrl, clock);
  const keyring = createKeyring(masterKey, systemRandom);
  const webhooks = openWebhooks({
    database,
    notices,
    home,
    masterKey,
    allowPrivateUrls,
    planIds: catalogue.plans.filter((plan) => plan.hasWebhooks).map((plan) => plan.id),
    publicUrl,
    openKey: (sealed) => keyring.open(sealed),
    linkTo: (file, base) => files.linkFrom(base, file),
    clock,
    random: systemRandom,
    log,
  });
  stack.defer(() => webhooks.stop());
  return webhooks;
}

async function whyNotReady(database: Database): Promise<string | null> {
  return (await databaseAnswers(database)) ? null : 'The database does not answer.';
}

function createMetrics(accounts: Accounts | null): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  if (accounts !== null) addSessionMetrics(registry, accounts.sessions, accounts.gate);
  return registry;
}

function urlOf(http: FastifyInstance, host: string): string {
  const { port } = http.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
