import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { signingKeyFrom } from '../wire/signatures.ts';
import { pathOf } from './media-store.ts';
import { makeSelfSignedCertificate } from './self-signed-certificate.ts';
import type { World } from '../world/world.ts';

/** The HTTPS server where clients upload and download files, on a port of its own. */
export interface MediaHost {
  readonly url: string;
  /** PEM; the seed gives key and certificate, so they stay the same over restarts. */
  readonly certificate: string;
  close(): Promise<void>;
}

/**
 * Starts the host and writes its certificate to `media-ca.pem` in the data directory. The port of
 * the last start is taken again if it is free, because URLs in messages name it.
 */
export async function startMediaHost(
  world: World,
  dataDir: string,
  host: string,
): Promise<MediaHost> {
  const key = signingKeyFrom(world.random.bytes('media-host', 32)).ed25519;
  const certificate = makeSelfSignedCertificate(key, 'Tickwire simulator media');
  const options = { key: key.export({ format: 'pem', type: 'pkcs8' }), cert: certificate };
  const server = createServer(options, (request, response) => {
    answer(world, request, response).catch((error: unknown) => {
      world.stats.noteError(error);
      response.destroy();
    });
  });
  await listen(server, host, Number(world.settings.get('mediaPort') ?? 0));
  const { port } = server.address() as AddressInfo;
  world.settings.set('mediaPort', port);
  world.media.hostname = `${host}:${port}`;
  writeFileSync(join(dataDir, 'media-ca.pem'), certificate);
  return {
    url: `https://${host}:${port}`,
    certificate,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** `POST /mms/TYPE/NAME` uploads, `GET` of any path that ends in a name downloads. */
async function answer(
  { media, faults }: World,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'https://media').pathname;
  const name = decodeURIComponent(path.slice(path.lastIndexOf('/') + 1)).replace(/=+$/, '');
  const isUpload = request.method === 'POST';
  const fault = faults.take(isUpload ? 'fail-upload' : 'fail-download', undefined);
  if (fault) {
    request.resume();
    response.writeHead(fault.options.status ?? 500).end();
    return;
  }
  if (faults.take(isUpload ? 'cut-upload' : 'cut-download', undefined)) {
    return cutHalfway(isUpload, media.open(name), request, response);
  }
  if (isUpload) {
    const delay = faults.take('delay-upload', undefined);
    if (delay) await sleep(delay.options.delayMs ?? 1000);
    const isStored = await media.receive(name, request);
    response.writeHead(isStored ? 200 : 400, { 'content-type': 'application/json' });
    const body = { url: media.url(name), direct_path: pathOf(name) };
    response.end(JSON.stringify(isStored ? body : { error: 'hash mismatch' }));
    return;
  }
  const file = media.open(name);
  if (!file) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': file.size,
  });
  if (request.method === 'HEAD') response.end();
  else file.read().pipe(response);
}

/** Cuts the connection at the first bytes of an upload, or after half of a download. */
async function cutHalfway(
  isUpload: boolean,
  file: ReturnType<World['media']['open']>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (isUpload) await once(request, 'data');
  if (file && !isUpload) {
    response.writeHead(200, { 'content-length': file.size });
    for await (const chunk of file.read(0, Math.floor(file.size / 2))) {
      await new Promise((resolve) => response.write(chunk, resolve));
    }
  }
  response.destroy();
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (port !== 0 && error.code === 'EADDRINUSE') resolve(listen(server, host, 0));
      else reject(error);
    });
    server.listen(port, host, resolve);
  });
}
