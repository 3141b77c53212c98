import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Config } from './config/config.ts';
import { openSecrets, type Secrets } from './config/secrets.ts';
import { createHttpServer } from './http/server.ts';
import type { HttpParts } from './http/parts.ts';
import { FileDownloader } from './inbox/file-downloader.ts';
import { createInbox } from './inbox/inbox.ts';
import { openReceivedFiles, type ReceivedFiles } from './inbox/received-files.ts';
import { openMedia, type Media } from './media/open-media.ts';
import { CallForgetter } from './outbox/call-forgetter.ts';
import { createIntake } from './outbox/intake.ts';
import { Outbox } from './outbox/outbox.ts';
import { Ownership, type AccountHolder } from './ownership/ownership.ts';
import { timesOf } from './ownership/ownership-times.ts';
import { systemClock } from './runtime/clock.ts';
import { armCrashPoint } from './runtime/crash-point.ts';
import { lockDirectory } from './runtime/directory-lock.ts';
import type { Log } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import { createFingerprint } from './runtime/seal.ts';
import type { Connector } from './sessions/connection.ts';
import { Sessions } from './sessions/sessions.ts';
import { openSimulatedWhatsApp, type SimulatedWhatsApp } from './simulated-whatsapp.ts';
import { openDatabase, type Database } from './storage/database.ts';
import { assertDurable } from './storage/embedded/durability.ts';
import { startEmbeddedPostgres } from './storage/embedded/embedded-postgres.ts';
import { StoredKeyVault } from './storage/keys/key-vault.ts';
import { migrate } from './storage/migrate.ts';
import { databaseAnswers } from './storage/ping.ts';
import { createConnector, whatsAppEndpoint } from './whatsapp/connector.ts';
import { onlyMediaHost } from './whatsapp/files/media-hosts.ts';
import { keyCodec } from './whatsapp/key-codec.ts';

/** Another process may take over within five seconds of a SIGTERM; what is left is sent by it again. */
const ANSWERS_ON_STOP_MS_MAX = 3000;
/** Whether a process still owns its accounts must not wait behind its own work. */
const LEASE_DATABASE = { connectionsMax: 3, answerMsMax: 4000 };
const KEYS_ON_STOP_MS_MAX = 5000;
const DOWNLOADS_ON_STOP_MS_MAX = 2000;

/** A running gateway. */
export interface Gateway extends AsyncDisposable {
  /** `http://HOST:PORT` */
  readonly url: string;
  readonly secrets: Secrets;
  readonly hasSimulator: boolean;
}

/**
 * Builds the parts and joins them: the only place that knows all folders. What is started is
 * stopped in the opposite order, also when a later part can not be started.
 * @throws when a part can not be started; the message says which setting to change
 */
export async function startGateway(config: Config, log: Log): Promise<Gateway> {
  const stack = new AsyncDisposableStack();
  try {
    return await buildGateway(config, log, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
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
  const { database, leaseDatabase } = await prepareDatabase(config, log, stack);
  const simulator = config.testMode ? await openSimulatedWhatsApp(config) : null;
  stack.defer(() => simulator?.close());
  const media = await openMedia({
    dataDir: config.dataDir,
    database,
    masterKey: secrets.masterKey,
    allowPrivateUrls: config.allowPrivateUrls,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  stack.defer(() => media.stop());
  const joined = await joinSessions(
    config,
    database,
    leaseDatabase,
    media,
    simulator,
    secrets,
    log,
    stack,
  );
  const { sessions, outbox, receivedFiles, ownership } = joined;
  const http = await createHttpServer({
    database,
    intake: createIntake(database, (messages) => {
      outbox.kept(messages);
    }),
    media: media.intake,
    sessions,
    secrets,
    publicUrl: config.publicUrl,
    receivedFiles,
    clock: systemClock,
    random: systemRandom,
    log,
    simulatorUrl: simulator?.httpUrl ?? null,
    simulatorToken: simulator?.token ?? null,
    isReady: () => whyNotReady(database),
    metrics: createMetrics(sessions),
  });
  const forgetter = new CallForgetter(database, systemClock, log);
  forgetter.start();
  stack.defer(() => forgetter.stop());
  await ownership.start();
  await http.listen({ port: config.port, host: config.host });
  stack.defer(() => http.close());
  media.start((serviceId) => {
    outbox.fetched(serviceId);
  });
  return {
    url: urlOf(http, config.host),
    secrets,
    hasSimulator: simulator !== null,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function prepareDatabase(
  config: Config,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<{ readonly database: Database; readonly leaseDatabase: Database }> {
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
  return { database, leaseDatabase };
}

async function joinSessions(
  config: Config,
  database: Database,
  leaseDatabase: Database,
  media: Media,
  simulator: SimulatedWhatsApp | null,
  secrets: Secrets,
  log: Log,
  stack: AsyncDisposableStack,
): Promise<{
  sessions: Sessions;
  outbox: Outbox;
  ownership: Ownership;
  receivedFiles: HttpParts['receivedFiles'];
}> {
  const refused = (): void => {
    ownership.doubt();
  };
  const vault = new StoredKeyVault(
    database,
    secrets.masterKey,
    keyCodec,
    systemClock,
    log,
    refused,
  );
  stack.defer(() => within(KEYS_ON_STOP_MS_MAX, vault.close()));
  const connector = createConnector({
    vault,
    shelf: media.shelf,
    mayOpen: (lease) => ownership.mayOpen(lease),
    mayUse: (lease) => ownership.mayUse(lease),
    clock: systemClock,
    log,
    endpoints: {
      live: () => Promise.resolve(whatsAppEndpoint(config.whatsAppUrl)),
      ...(simulator === null ? {} : { test: () => endpointOf(simulator) }),
    },
  });
  const files = openReceivedFiles(join(config.dataDir, 'received'), secrets.masterKey);
  const wanted = (): void => {
    downloader.wake();
  };
  const sealing = { seal: files.seal, onFile: wanted };
  const inbox = createInbox(database, sealing, systemClock, {
    onEvents: () => undefined,
    onLost: refused,
  });
  const sessions: Sessions = new Sessions(
    database,
    { connector, clock: systemClock, random: systemRandom, log },
    {
      seek: (serviceId) => ownership.seek(serviceId),
      letGo: (serviceId) => ownership.letGo(serviceId),
    },
    {
      async onAnswer(lease, answer) {
        await inbox.recordAnswer({ lease, ...answer });
        outbox.answered(lease.serviceId, answer.whatsAppId);
      },
      onMessage: (lease, message) =>
        inbox.recordMessage({ lease, ...message, groupId: message.groupId ?? '' }),
      onOpen(serviceId) {
        outbox.connectionOpened(serviceId);
      },
      onEnd(serviceId) {
        outbox.connectionEnded(serviceId);
      },
    },
  );
  const outbox = new Outbox({
    database,
    sessions,
    answersSettled: () => inbox.settled(),
    clock: systemClock,
    log,
  });
  const ownership: Ownership = await joinOwnership(config, leaseDatabase, simulator, secrets, log, {
    take: ({ lease, mode, isAsked }) => {
      sessions.take(lease, mode, isAsked);
    },
    async end(lease) {
      await outbox.rest(lease.serviceId, ANSWERS_ON_STOP_MS_MAX);
      await sessions.end(lease);
      outbox.forget(lease.serviceId);
    },
    drop: (lease) => {
      sessions.drop(lease);
    },
  });
  stack.defer(() => ownership.stop());
  stack.defer(() => outbox.stop(ANSWERS_ON_STOP_MS_MAX));
  const downloader: FileDownloader = startDownloader(
    config,
    database,
    files,
    connector,
    sessions,
    log,
  );
  stack.defer(() => downloader.stop(DOWNLOADS_ON_STOP_MS_MAX));
  return { sessions, outbox, ownership, receivedFiles: { pathOf: files.pathOf, wanted } };
}

async function joinOwnership(
  config: Config,
  leaseDatabase: Database,
  simulator: SimulatedWhatsApp | null,
  secrets: Secrets,
  log: Log,
  holder: AccountHolder,
): Promise<Ownership> {
  const trust = await simulator?.trust().catch(() => null);
  return new Ownership({
    pool: leaseDatabase.pool,
    holder,
    self: {
      home: secrets.home,
      modes: simulator === null ? ['live'] : ['test', 'live'],
      simulator: trust == null ? null : Buffer.from(trust.rootKey).toString('hex'),
      adminFingerprint: createFingerprint(secrets.masterKey)(secrets.adminToken),
    },
    times: timesOf(config.leaseMs),
    clock: systemClock,
    log,
  });
}

function startDownloader(
  config: Config,
  database: Database,
  files: ReceivedFiles,
  connector: Connector,
  sessions: Sessions,
  log: Log,
): FileDownloader {
  const downloader = new FileDownloader({
    database,
    files,
    source: {
      download: (...order) => connector.download(...order),
      async askForFile(serviceId, source) {
        const connection = await sessions.connectionOf(serviceId);
        return (await connection?.askForFile(source).catch(() => null)) ?? null;
      },
    },
    bytesMax: config.received.fileBytesMax,
    keptDays: config.received.keptDays,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  downloader.start();
  return downloader;
}

async function endpointOf(simulator: SimulatedWhatsApp) {
  const { rootKey, mediaUrl, mediaCertificate } = await simulator.trust();
  return {
    webSocketUrl: simulator.webSocketUrl,
    rootKey,
    media: onlyMediaHost(mediaUrl, mediaCertificate),
  };
}

async function whyNotReady(database: Database): Promise<string | null> {
  return (await databaseAnswers(database)) ? null : 'The database does not answer.';
}

function createMetrics(sessions: Sessions): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = new Gauge({
    name: 'tickwire_sessions',
    help: 'Sessions of this process by connection state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      gauge.reset();
      for (const [state, count] of sessions.countByState()) gauge.set({ state }, count);
    },
  });
  return registry;
}

function urlOf(http: FastifyInstance, host: string): string {
  const { port } = http.server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Waits for `work`, but no longer than this. */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = systemClock.after(timeoutMs, resolve);
  await Promise.race([work, late]);
  cancel();
}
