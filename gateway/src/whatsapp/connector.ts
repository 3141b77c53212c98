import type { Lease } from '../domain/lease.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type {
  Connection,
  ConnectionListener,
  Connector,
  ServiceMode,
} from '../sessions/connection.ts';
import { BaileysConnection } from './baileys-connection.ts';
import { downloadFile } from './files/download-file.ts';
import { WHATSAPP_MEDIA_HOSTS } from './files/media-hosts.ts';
import { isLinkedDevice, loadCredentials, newCredentials, stageCredentials } from './key-store.ts';
import type { KeyVault } from './key-vault.ts';
import type { MediaShelf } from './media-shelf.ts';
import type { Endpoint } from './socket.ts';

/** What the connector needs from the rest of the gateway. */
export interface ConnectorParts {
  readonly vault: KeyVault;
  readonly shelf: MediaShelf;
  /** Whether this process surely holds the lease now. */
  readonly mayOpen: (lease: Lease) => boolean;
  /** Whether what was opened under the lease may still be used. */
  readonly mayUse: (lease: Lease) => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Where the sockets of each served mode go. Asked at every connection. */
  readonly endpoints: Readonly<Partial<Record<ServiceMode, () => Promise<Endpoint>>>>;
}

/**
 * Where live services go.
 * @param url another way to WhatsApp, or null for its own address; the trust stays the same
 */
export function whatsAppEndpoint(url: string | null): Endpoint {
  return { webSocketUrl: url, rootKey: null, media: WHATSAPP_MEDIA_HOSTS };
}

/** Opens connections to WhatsApp, or to the simulator, through Baileys. */
export function createConnector(parts: ConnectorParts): Connector {
  const { vault, shelf, clock, log } = parts;
  return {
    serves: (mode) => parts.endpoints[mode] !== undefined,
    async open(lease: Lease, mode: ServiceMode, listener: ConnectionListener): Promise<Connection> {
      // Whoever may just have been overtaken must not push the new owner's socket away.
      if (!parts.mayOpen(lease)) throw new Error('it is not certain that the account is ours');
      const endpoint = await parts.endpoints[mode]?.();
      if (endpoint === undefined) throw new Error(`this process serves no ${mode} services`);
      let credentials = await loadCredentials(vault, lease);
      if (credentials === null || !isLinkedDevice(credentials)) {
        // A half-finished linking leaves a login that no server would take.
        credentials = newCredentials();
        stageCredentials(vault, lease, credentials);
      }
      const socketParts = {
        serviceId: lease.serviceId,
        lease,
        mayUse: parts.mayUse,
        endpoint,
        credentials,
        vault,
        shelf,
        log: log.child({ serviceId: lease.serviceId }),
      };
      return new BaileysConnection(socketParts, listener, clock);
    },
    async download(mode, source, path, bytesMax) {
      const endpoint = await parts.endpoints[mode]?.().catch(() => undefined);
      if (endpoint === undefined) return { failure: 'unreachable' };
      return await downloadFile(endpoint.media, source, path, bytesMax);
    },
    async isLinked(lease) {
      return isLinkedDevice(await loadCredentials(vault, lease));
    },
    forget: (lease) => vault.forget(lease),
    release: (lease) => vault.release(lease),
    drop: (lease) => {
      vault.drop(lease);
    },
  };
}
