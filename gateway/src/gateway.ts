import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Registry, collectDefaultMetrics } from 'prom-client';
import type { Config } from './config/config.ts';
import { openSecrets, type Secrets } from './config/secrets.ts';
import type { ServiceId } from './domain/ids.ts';
import { createHttpServer } from './http/server.ts';
import { FileDownloader } from './inbox/file-downloader.ts';
import { createInbox, type Inbox } from './inbox/inbox.ts';
import { openReceivedFiles, type ReceivedFiles } from './inbox/received-files.ts';
import { ReceivedSweeper } from './inbox/received-sweeper.ts';
import { openMedia, type Media } from './media/open-media.ts';
import { CallForgetter } from './outbox/call-forgetter.ts';
import { createIntake } from './outbox/intake.ts';
import { Outbox } from './outbox/outbox.ts';
import { systemClock } from './runtime/clock.ts';
import { armCrashPoint } from './runtime/crash-point.ts';
import { lockDirectory } from './runtime/directory-lock.ts';
import type { Log } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import type { Answer, Connector, IncomingMessage } from './sessions/connection.ts';
import { ConnectGate } from './sessions/connect-gate.ts';
import { startHealthReports } from './sessions/health-reports.ts';
import { addSessionMetrics, gateWarnings } from './sessions/session-metrics.ts';
import { Sessions } from './sessions/sessions.ts';
import { openSimulatedWhatsApp, type SimulatedWhatsApp } from './simulated-whatsapp.ts';
import { openDatabase, type Database } from './storage/database.ts';
import { assertDurable } from './storage/embedded/durability.ts';
import { startEmbeddedPostgres } from './storage/embedded/embedded-postgres.ts';
import { createSharedFiles, ownDiskOnly } from './storage/files/shared-files.ts';
import { StoredKeyVault } from './storage/keys/key-vault.ts';
import { migrate } from './storage/migrate.ts';
import { databaseAnswers } from './storage/ping.ts';
import { createConnector, whatsAppEndpoint } from './whatsapp/connector.ts';
import { onlyMediaHost } from './whatsapp/files/media-hosts.ts';
import { keyCodec } from './whatsapp/key-codec.ts';

const ANSWERS_ON_STOP_MS_MAX = 10_000;
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
  const database = await prepareDatabase(config, log, stack);
  const simulator = config.testMode ? await openSimulatedWhatsApp(config) : null;
  stack.defer(() => simulator?.close());
  const { media, receivedFiles } = await openFiles(config, database, secrets, log, stack);
  const joined = joinSessions(
    config,
    database,
    media,
    receivedFiles,
    simulator,
    secrets,
    log,
    stack,
  );
  const { sessions, gate, outbox, downloader } = joined;
  const http = await createHttpServer({
    database,
    intake: createIntake(database, (messages) => {
      outbox.kept(messages);
    }),
    queueChanged: (serviceId) => {
      outbox.changed(serviceId);
    },
    media: media.intake,
    sessions,
    secrets,
    publicUrl: config.publicUrl,
    receivedFiles: { find: receivedFiles.find, wanted: () => downloader.wake() },
    clock: systemClock,
    random: systemRandom,
    log,
    simulatorUrl: simulator?.httpUrl ?? null,
    simulatorToken: simulator?.token ?? null,
    isReady: () => whyNotReady(database),
    warnings: () => gateWarnings(gate),
    metrics: createMetrics(sessions, gate),
  });
  const forgetter = new CallForgetter(database, systemClock, log);
  forgetter.start();
  stack.defer(() => forgetter.stop());
  await http.listen({ port: config.port, host: config.host });
  stack.defer(() => http.close());
  media.start((serviceId) => {
    outbox.changed(serviceId);
  });
  void sessions.start().catch((error: unknown) => {
    log.error({ err: error }, 'the sessions could not be brought back');
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
): Promise<Database> {
  let url = config.databaseUrl;
  if (url === null) {
    const embedded = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
    stack.defer(() => embedded.close());
    url = embedded.connectionString;
  }
  await migrate(url);
  const database = openDatabase(url, (error) => {
    log.warn({ err: error }, 'a database connection broke; it will be made again');
  });
  stack.defer(() => database.close());
  await assertDurable((statement) => database.pool.query(statement));
  return database;
}

function joinSessions(
  config: Config,
  database: Database,
  media: Media,
  files: ReceivedFiles,
  simulator: SimulatedWhatsApp | null,
  secrets: Secrets,
  log: Log,
  stack: AsyncDisposableStack,
): { sessions: Sessions; gate: ConnectGate; outbox: Outbox; downloader: FileDownloader } {
  const vault = new StoredKeyVault(database, secrets.masterKey, keyCodec, systemClock, log);
  stack.defer(() => within(KEYS_ON_STOP_MS_MAX, vault.close()));
  const connector = createConnector({
    vault,
    shelf: media.shelf,
    clock: systemClock,
    log,
    endpoints: {
      live: () => Promise.resolve(whatsAppEndpoint(config.whatsAppUrl)),
      ...(simulator === null ? {} : { test: () => endpointOf(simulator) }),
    },
  });
  const wanted = (): void => {
    downloader.wake();
  };
  const inbox = createInbox(
    database,
    { seal: files.seal, onFile: wanted },
    systemClock,
    () => undefined,
  );
  const gate = new ConnectGate({ clock: systemClock, random: systemRandom, log });
  const sessions: Sessions = new Sessions(
    database,
    { connector, gate, clock: systemClock, random: systemRandom, log },
    {
      async onAnswer(serviceId, answer) {
        await recordAnswer(inbox, serviceId, answer);
        outbox.answered(serviceId, answer.whatsAppId);
      },
      onMessage: (serviceId, message) => recordMessage(inbox, serviceId, message),
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
  stack.defer(() => sessions.stop());
  stack.defer(startHealthReports({ database, sessions, clock: systemClock, log }));
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
  return { sessions, gate, outbox, downloader };
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
    clock: systemClock,
    random: systemRandom,
    log,
  });
  downloader.start();
  return downloader;
}

function recordAnswer(inbox: Inbox, serviceId: ServiceId, answer: Answer): Promise<void> {
  return inbox.recordAnswer({ serviceId, ...answer });
}

function recordMessage(
  inbox: Inbox,
  serviceId: ServiceId,
  message: IncomingMessage,
): Promise<void> {
  return inbox.recordMessage({ serviceId, ...message, groupId: message.groupId ?? '' });
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

function createMetrics(sessions: Sessions, gate: ConnectGate): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addSessionMetrics(registry, sessions, gate);
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
