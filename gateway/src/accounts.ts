import type { Config } from './config/config.ts';
import type { Secrets } from './config/secrets.ts';
import { serviceId as serviceIdOf, type ServiceId } from './domain/ids.ts';
import type { PacingPolicy } from './domain/pacing.ts';
import type { Lease } from './domain/lease.ts';
import { FileDownloader } from './inbox/file-downloader.ts';
import { createInbox, type Inbox } from './inbox/inbox.ts';
import type { ReceivedFiles } from './inbox/received-files.ts';
import type { Media } from './media/open-media.ts';
import { Outbox } from './outbox/outbox.ts';
import { Pacing } from './outbox/pacing/pacing.ts';
import { DueLook } from './outbox/wake-owners.ts';
import { Ownership } from './ownership/ownership.ts';
import { timesOf } from './ownership/ownership-times.ts';
import type { Clock } from './runtime/clock.ts';
import type { Log } from './runtime/log.ts';
import { systemRandom } from './runtime/random.ts';
import { createTurns } from './runtime/turns.ts';
import { createFingerprint } from './runtime/seal.ts';
import type { Connector } from './sessions/connection.ts';
import { ConnectGate } from './sessions/connect-gate.ts';
import { startHealthReports } from './sessions/health-reports.ts';
import { Sessions, type SessionsListener } from './sessions/sessions.ts';
import { WantedLook } from './sessions/wanted-look.ts';
import type { SimulatedTrust, SimulatedWhatsApp } from './simulated-whatsapp.ts';
import type { Database } from './storage/database.ts';
import { StoredKeyVault } from './storage/keys/key-vault.ts';
import { CHANNELS } from './storage/notices/channels.ts';
import type { Notices } from './storage/notices/notices.ts';
import { createConnector, whatsAppEndpoint } from './whatsapp/connector.ts';
import { onlyMediaHost } from './whatsapp/files/media-hosts.ts';
import { keyCodec } from './whatsapp/key-codec.ts';
import type { KeptNews } from './storage/webhooks/keep-news.ts';

/** Another process may take over within five seconds of a SIGTERM, and sends what is left again. */
const ANSWERS_ON_STOP_MS_MAX = 3000;
const KEYS_ON_STOP_MS_MAX = 5000;
const DOWNLOADS_ON_STOP_MS_MAX = 2000;

/** What the accounts stand on. */
export interface Ground {
  readonly config: Config;
  readonly database: Database;
  /** Notices soon that it gets no answer, and does nothing but leases. */
  readonly leaseDatabase: Database;
  readonly simulator: SimulatedWhatsApp | null;
  readonly media: Media;
  readonly files: ReceivedFiles;
  readonly secrets: Secrets;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly log: Log;
  /** Events were kept. */
  onEvents(kept: KeptNews): void;
}

/** The accounts that this process owns, and what is done with them. */
export interface Accounts {
  readonly sessions: Sessions;
  readonly gate: ConnectGate;
  readonly outbox: Outbox;
  readonly pacing: {
    readonly policy: PacingPolicy;
    /** What was asked for a service changed. */
    changed(serviceId: ServiceId): void;
  };
  readonly ownership: Ownership;
  readonly downloader: FileDownloader;
}

/**
 * Joins what holds sockets: leases are gained and lost by `ownership`, each gained one is a session,
 * its messages go out through `outbox`, and what comes in goes through the inbox.
 * @param stack stops it all again
 */
export async function openAccounts(ground: Ground, stack: AsyncDisposableStack): Promise<Accounts> {
  const { config, database, secrets, files, clock, log } = ground;
  const onLost = (): void => {
    ownership.doubt();
  };
  const vault = new StoredKeyVault(database, secrets.masterKey, keyCodec, clock, log, onLost);
  stack.defer(() => within(clock, KEYS_ON_STOP_MS_MAX, vault.close()));
  const connector = openConnector(ground, vault, () => ownership);
  const onFile = (): void => {
    downloader.wake();
  };
  const inbox = createInbox(database, { seal: files.seal, onFile }, clock, {
    onEvents: (kept) => {
      ground.onEvents(kept);
    },
    onLost,
  });
  const gate = new ConnectGate({ clock, random: systemRandom, log });
  const sessions: Sessions = new Sessions(
    database,
    { connector, gate, clock, random: systemRandom, log },
    {
      seek: (serviceId) => ownership.seek(serviceId),
      letGo: (serviceId) => ownership.letGo(serviceId),
      linking: (lease, isLinking) => {
        ownership.linking(lease, isLinking);
      },
    },
    listenTo(
      inbox,
      () => outbox,
      () => pacing,
    ),
  );
  const pacing = openPacing(ground, sessions);
  const answersSettled = (): Promise<void> => inbox.settled();
  const outbox: Outbox = new Outbox({
    database,
    sessions,
    pacing,
    answersSettled,
    recordRefusal: (lease, whatsAppId, refusal) =>
      inbox.recordAnswer({ lease, whatsAppId, verdict: { refusal }, atMs: clock.now() }),
    suspectsInTurn: createTurns(1),
    clock,
    random: systemRandom,
    log,
  });
  const ownership = await openOwnership(ground, sessions, outbox);
  stack.defer(() => ownership.stop());
  stack.defer(startHealthReports({ database, sessions, clock, log }));
  stack.defer(() => outbox.stop(ANSWERS_ON_STOP_MS_MAX));
  const changed = (serviceId: ServiceId): void => {
    pacing.forget(serviceId);
    outbox.changed(serviceId);
  };
  hearOthers(ground, sessions, outbox, ownership, changed, stack);
  const downloader = openDownloader(config, database, files, connector, sessions, clock, log);
  downloader.start();
  stack.defer(() => downloader.stop(DOWNLOADS_ON_STOP_MS_MAX));
  const policy = config.pacing;
  return { sessions, gate, outbox, pacing: { policy, changed }, ownership, downloader };
}

function openConnector(
  { config, media, simulator, clock, log }: Ground,
  vault: StoredKeyVault,
  ownership: () => Ownership,
): Connector {
  return createConnector({
    vault,
    shelf: media.shelf,
    mayOpen: (lease: Lease) => ownership().mayOpen(lease),
    mayUse: (lease: Lease) => ownership().mayUse(lease),
    clock,
    log,
    endpoints: {
      live: () => Promise.resolve(whatsAppEndpoint(config.whatsAppUrl)),
      ...(simulator === null ? {} : { test: () => endpointOf(simulator) }),
    },
  });
}

function openPacing({ config, database, clock, log }: Ground, sessions: Sessions): Pacing {
  return new Pacing({
    database,
    policy: config.pacing,
    async askNewChatCap(serviceId) {
      const connection = await sessions.connectionOf(serviceId);
      return (await connection?.findNewChatCap()) ?? null;
    },
    clock,
    random: systemRandom,
    log,
  });
}

/** What other processes do for the accounts that this one owns, and with those that are free. */
function hearOthers(
  { database, notices, clock, log }: Ground,
  sessions: Sessions,
  outbox: Outbox,
  ownership: Ownership,
  pacingChanged: (serviceId: ServiceId) => void,
  stack: AsyncDisposableStack,
): void {
  const isHeld = (serviceId: ServiceId): boolean => ownership.leaseOf(serviceId) !== null;
  const held = (): ServiceId[] => ownership.leases().map((lease) => lease.serviceId);
  const wake = (serviceId: ServiceId): void => {
    outbox.changed(serviceId);
  };
  const freed = (): void => {
    ownership.freed();
  };
  const due = new DueLook({ database, notices, isHeld, held, wake, clock, log });
  due.start();
  stack.defer(() => {
    due.stop();
  });
  const stopListening = notices.listen(CHANNELS.pacingChanged, {
    onNotice: (payload) => {
      const serviceId = serviceIdOf(Number(payload));
      if (isHeld(serviceId)) pacingChanged(serviceId);
    },
    onGap: () => {
      for (const serviceId of held()) pacingChanged(serviceId);
    },
  });
  stack.defer(stopListening);
  const wanted = new WantedLook({ notices, sessions, held, freed, clock, log });
  wanted.start();
  stack.defer(() => {
    wanted.stop();
  });
}

/** What WhatsApp says is a row first, and news for the outbox then. */
function listenTo(inbox: Inbox, outbox: () => Outbox, pacing: () => Pacing): SessionsListener {
  return {
    async onAnswer(lease, answer) {
      const { whatsAppId, verdict } = answer;
      if ('refusal' in verdict) {
        await outbox().refused(lease, whatsAppId, verdict.refusal);
      } else {
        await inbox.recordAnswer({ lease, ...answer });
        outbox().answered(lease.serviceId, whatsAppId);
      }
    },
    async onMessage(lease, message) {
      await inbox.recordMessage({ lease, ...message, groupId: message.groupId ?? '' });
      if (pacing().mayHold(lease.serviceId)) outbox().changed(lease.serviceId);
    },
    onOpen(serviceId) {
      outbox().connectionOpened(serviceId);
    },
    onEnd(serviceId) {
      outbox().connectionEnded(serviceId);
    },
  };
}

async function openOwnership(
  { config, leaseDatabase, simulator, secrets, clock, log }: Ground,
  sessions: Sessions,
  outbox: Outbox,
): Promise<Ownership> {
  const trust = await simulator?.trust().catch(() => null);
  return new Ownership({
    pool: leaseDatabase.pool,
    holder: {
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
    },
    self: {
      home: secrets.home,
      modes: simulator === null ? ['live'] : ['test', 'live'],
      simulator: trust == null ? null : worldOf(trust),
      adminFingerprint: createFingerprint(secrets.masterKey)(secrets.adminToken),
    },
    times: timesOf(config.leaseMs),
    clock,
    log,
  });
}

function openDownloader(
  config: Config,
  database: Database,
  files: ReceivedFiles,
  connector: Connector,
  sessions: Sessions,
  clock: Clock,
  log: Log,
): FileDownloader {
  return new FileDownloader({
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
    clock,
    random: systemRandom,
    log,
  });
}

/** All worlds born of one seed have one root; where they keep their files they keep for life. */
function worldOf({ rootKey, mediaUrl }: SimulatedTrust): string {
  return `${Buffer.from(rootKey).toString('hex')} at ${mediaUrl}`;
}

async function endpointOf(simulator: SimulatedWhatsApp) {
  const { rootKey, mediaUrl, mediaCertificate } = await simulator.trust();
  return {
    webSocketUrl: simulator.webSocketUrl,
    rootKey,
    media: onlyMediaHost(mediaUrl, mediaCertificate),
  };
}

async function within(clock: Clock, timeoutMs: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(timeoutMs, resolve);
  await Promise.race([work, late]);
  cancel();
}
