import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** How the sink answers. */
export type SinkMode =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Takes the request and says nothing. */
  | 'hang'
  /** Begins an answer of 200 and never ends it. */
  | 'slow body'
  /** Cuts the connection. */
  | 'reset'
  /** Answers 200 with 64 MB. */
  | 'huge answer';

/** A request as it came. */
export interface SunkRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly atMs: number;
}

const HUGE_CHUNK = Buffer.alloc(1024 * 1024, 'x');
const HUGE_CHUNKS = 64;

/** A customer's endpoint: keeps what comes and answers as told, path by path. */
export class WebhookSink implements AsyncDisposable {
  readonly requests: SunkRequest[] = [];
  /** How many bytes of huge answers were taken from it. */
  hugeBytesSent = 0;
  readonly #server: Server;
  readonly #modes = new Map<string, SinkMode | ((request: SunkRequest) => SinkMode)>();
  readonly #scheme: string;

  private constructor(server: Server, scheme: string) {
    this.#server = server;
    this.#scheme = scheme;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void this.#take(request, response);
    });
  }

  /** @param tls a certificate nobody knows, for an endpoint with bad TLS */
  static async open(tls?: { readonly key: string; readonly cert: string }): Promise<WebhookSink> {
    const server = tls === undefined ? createServer() : (createTlsServer(tls) as Server);
    const sink = new WebhookSink(server, tls === undefined ? 'http' : 'https');
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return sink;
  }

  url(path = '/'): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#scheme}://127.0.0.1:${port}${path}`;
  }

  /** From now on answers so at this path; 200 unless it is told. */
  answer(mode: SinkMode | ((request: SunkRequest) => SinkMode), path = '/'): void {
    this.#modes.set(path, mode);
  }

  at(path = '/'): SunkRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return;
    }
    const path = incoming.url ?? '/';
    const request = {
      path,
      headers: incoming.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
      atMs: performance.now(),
    };
    this.requests.push(request);
    const told = this.#modes.get(path) ?? { status: 200 };
    this.#answer(typeof told === 'function' ? told(request) : told, response);
  }

  #answer(mode: SinkMode, response: ServerResponse): void {
    response.on('error', () => undefined);
    if (mode === 'hang') return;
    if (mode === 'reset') response.destroy();
    else if (mode === 'slow body') response.writeHead(200).write('a');
    else if (mode === 'huge answer') void this.#sendHuge(response.writeHead(200));
    else response.writeHead(mode.status, mode.headers).end(mode.body ?? '');
  }

  async #sendHuge(response: ServerResponse): Promise<void> {
    for (let count = 0; count < HUGE_CHUNKS && !response.destroyed; count += 1) {
      const isTaken = response.write(HUGE_CHUNK);
      this.hugeBytesSent += HUGE_CHUNK.length;
      if (!isTaken) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    }
    response.end();
  }
}
