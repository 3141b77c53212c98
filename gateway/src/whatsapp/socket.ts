import type { ServiceId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { Log } from '../runtime/log.ts';
import type { Arrivals } from './arrivals.ts';
import { createBaileysLog } from './baileys-log.ts';
import { makeWASocket, proto, type AuthenticationCreds, type SocketConfig } from './baileys.ts';
import { createKeyStore, createWriteThroughRepository } from './key-store.ts';
import { createMediaAgent, type MediaHosts } from './files/media-hosts.ts';
import type { KeyVault } from './key-vault.ts';
import type { MediaShelf } from './media-shelf.ts';
import { trusting } from './trust-root.ts';

const QUERY_TIMEOUT_MS = 30_000;
/** In effect never: `keep-alive.ts` does it, and the watchdog ends what is dead. */
const KEEP_ALIVE_INTERVAL_MS = 2 ** 31 - 6000;

/** Parts of the history that carry what we need: who is whom, not old conversations. */
const WANTED_HISTORY: ReadonlySet<unknown> = new Set([
  proto.Message.HistorySyncType.INITIAL_BOOTSTRAP,
  proto.Message.HistorySyncType.PUSH_NAME,
  proto.Message.HistorySyncType.NON_BLOCKING_DATA,
]);

/** Which WhatsApp a socket talks to. */
export interface Endpoint {
  /** Null: WhatsApp itself. */
  readonly webSocketUrl: string | null;
  /** Null: WhatsApp's own root. */
  readonly rootKey: Uint8Array | null;
  /** Where it keeps files. */
  readonly media: MediaHosts;
}

/** Everything a socket needs. */
export interface SocketParts {
  readonly serviceId: ServiceId;
  readonly lease: Lease;
  /** Whether this process may use the lease now; asked before every frame. */
  readonly mayUse: (lease: Lease) => boolean;
  readonly endpoint: Endpoint;
  readonly credentials: AuthenticationCreds;
  readonly vault: KeyVault;
  readonly shelf: MediaShelf;
  readonly log: Log;
}

/** What the library asks of us while it works. */
interface SocketQuestions {
  /** The content of a message sent earlier, for a phone that could not read it. */
  readonly findSent: NonNullable<SocketConfig['getMessage']>;
  readonly findGroup: NonNullable<SocketConfig['cachedGroupMetadata']>;
}

/** Opens a Baileys socket, configured for a gateway: no previews, no caches of our messages. */
export function openSocket(
  parts: SocketParts,
  questions: SocketQuestions,
  arrivals: Arrivals,
): ReturnType<typeof makeWASocket> {
  const { lease, endpoint, credentials, vault } = parts;
  const makeRepository = createWriteThroughRepository(vault, lease);
  return trusting(endpoint.rootKey, () =>
    makeWASocket({
      ...(endpoint.webSocketUrl === null ? {} : { waWebSocketUrl: endpoint.webSocketUrl }),
      auth: { creds: credentials, keys: createKeyStore(vault, lease) },
      makeSignalRepository: (...order) => arrivals.guard(makeRepository(...order)),
      logger: createBaileysLog(parts.log),
      getMessage: questions.findSent,
      cachedGroupMetadata: questions.findGroup,
      fetchAgent: createMediaAgent(endpoint.media),
      // Off: Baileys arms it anew, with two stack traces, for every stanza it sends. The watchdog
      // ends what hangs.
      connectTimeoutMs: 0,
      defaultQueryTimeoutMs: QUERY_TIMEOUT_MS,
      keepAliveIntervalMs: KEEP_ALIVE_INTERVAL_MS,
      markOnlineOnConnect: false,
      emitOwnEvents: false,
      syncFullHistory: false,
      shouldSyncHistoryMessage: ({ syncType }) => WANTED_HISTORY.has(syncType),
      enableRecentMessageCache: false,
      generateHighQualityLinkPreview: false,
    }),
  );
}
