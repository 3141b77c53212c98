import { STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import { buildApi } from './api/server.ts';
import { systemClock } from './clock/clock.ts';
import { makeAdmission } from './connection/admission.ts';
import { ClientConnection } from './connection/client-connection.ts';
import { Linking } from './linking/linking.ts';
import { startMediaHost } from './media/media-host.ts';
import { makeServerCredentials } from './wire/certificates.ts';
import { closeWorld, openWorld } from './world/world.ts';
import type { World } from './world/world.ts';

export interface SimulatorOptions {
  /** Where the world is kept; made if it is missing. */
  dataDir: string;
  /** What the world grows from; a world stays with the seed it was made with. */
  seed?: string;
  host?: string;
  /** 0 (the default) takes any free port. */
  port?: number;
  /** When set, the API demands `Authorization: Bearer`. */
  token?: string;
}

export interface Simulator {
  /** `ws://127.0.0.1:PORT`, for Baileys' `waWebSocketUrl`. */
  readonly webSocketUrl: string;
  /** `http://127.0.0.1:PORT`, where the API is. */
  readonly httpUrl: string;
  /** The certificate root's public key (32 raw bytes), for `WA_CERT_DETAILS.PUBLIC_KEY`. */
  readonly rootKey: Buffer;
  /** PEM of the media host's certificate, for clients that send or receive files to trust. */
  readonly mediaCertificate: string;
  close(): Promise<void>;
}

export const DEFAULT_SEED = 'tickwire';

/**
 * Opens the world in `dataDir` and serves it: the WhatsApp Web protocol and the API on one port.
 * Throws `WorldError` when the directory holds a world of another seed or schema.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { dataDir, seed = DEFAULT_SEED, host = '127.0.0.1', port = 0, token } = options;
  const world = openWorld(dataDir, seed, systemClock);
  const credentials = makeServerCredentials(world.random);
  const linking = new Linking(world);
  const admission = makeAdmission(world, linking);
  const mediaHost = await startMediaHost(world, dataDir, host);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const connections = new Set<ClientConnection>();
  const urls = { webSocketUrl: '', httpUrl: '' };
  const rootKey = credentials.rootKey;
  const api = buildApi({ world, linking }, token, () => ({
    rootKey: rootKey.toString('hex'),
    webSocketUrl: urls.webSocketUrl,
    mediaUrl: mediaHost.url,
    mediaCertificate: mediaHost.certificate,
    seed,
    phones: world.accounts.list().length,
  }));
  api.server.on('upgrade', (request, socket, head) => {
    if (refusesUpgrade(world, socket)) return;
    sockets.handleUpgrade(request, socket, head, (client) => {
      const parts = { credentials, admission, clock: world.clock, stats: world.stats };
      const connection = new ClientConnection(client, parts);
      connections.add(connection);
      client.once('close', () => connections.delete(connection));
    });
  });
  const close = async () => {
    await Promise.all([...connections].map((connection) => connection.stop()));
    await api.close();
    await mediaHost.close();
    closeWorld(world);
  };
  try {
    await api.listen({ host, port });
  } catch (error) {
    await close();
    throw error;
  }
  const bound = api.server.address() as AddressInfo;
  urls.webSocketUrl = `ws://${host}:${bound.port}`;
  urls.httpUrl = `http://${host}:${bound.port}`;
  world.outbox.resume();
  return {
    ...urls,
    rootKey,
    mediaCertificate: mediaHost.certificate,
    close,
  };
}

/** The fault `refuse-connection` for all accounts: an HTTP refusal, or no answer but a reset. */
function refusesUpgrade(world: World, socket: Duplex): boolean {
  const fault = world.faults.take(
    'refuse-connection',
    undefined,
    ({ options }) => options.mode === undefined,
  );
  if (!fault) return false;
  const { status } = fault.options;
  if (status === undefined) {
    socket.destroy();
  } else {
    socket.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
  }
  return true;
}
