import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Client, memoryAuth } from './client.ts';
import { startSimulator } from '../src/index.ts';
import type { Simulator } from '../src/index.ts';
import type { ShownMessage } from '../src/phones/screen.ts';
import { waitUntil } from './wait-until.ts';

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** A simulator under test with its API at hand. Throws away its world at the end. */
export class TestWorld {
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'simulator-test-'));
  readonly #clients: Client[] = [];
  #simulator: Simulator | undefined;
  #child: ChildProcess | undefined;
  #port = 0;
  rootKey: Buffer = Buffer.alloc(0);
  mediaCertificate = '';

  /** In this process. */
  static async start(): Promise<TestWorld> {
    const world = new TestWorld();
    await world.restart();
    return world;
  }

  /** In a process of its own, so that it can be killed. */
  static async startAlone(): Promise<TestWorld> {
    const world = new TestWorld();
    world.#port = await freePort();
    await world.startChild();
    return world;
  }

  get webSocketUrl(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** Stops and starts the simulator in this process, on the same port and data. */
  async restart(): Promise<void> {
    await this.#simulator?.close();
    this.#simulator = await startSimulator({ dataDir: this.#dataDir, port: this.#port });
    this.#port = Number(new URL(this.#simulator.httpUrl).port);
    this.rootKey = this.#simulator.rootKey;
    this.mediaCertificate = this.#simulator.mediaCertificate;
  }

  async startChild(): Promise<void> {
    const main = new URL('../src/main.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        SIMULATOR_PORT: String(this.#port),
        SIMULATOR_DATA_DIR: this.#dataDir,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const { body } = await this.call('GET', '/simulator');
    this.rootKey = Buffer.from(String(body['rootKey']), 'hex');
    this.mediaCertificate = String(body['mediaCertificate']);
  }

  /** `kill -9`. */
  async killChild(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGKILL');
    });
    this.#child = undefined;
  }

  /** A client with this auth state, or a new one. It is ended with the world. */
  connect(auth = memoryAuth()): Client {
    const client = new Client(this.webSocketUrl, this.rootKey, auth, this.mediaCertificate);
    this.#clients.push(client);
    return client;
  }

  /** Links a new client to this phone by QR and logs it in. */
  async link(phone: string): Promise<Client> {
    const unlinked = this.connect();
    const { status } = await this.scan(phone, await unlinked.qr());
    if (status !== 200) throw new Error(`the scan was answered with ${status}`);
    await unlinked.closed();
    return this.connect(unlinked.auth).opened();
  }

  scan(phone: string, qr: string): Promise<Answer> {
    return this.call('POST', `/simulator/phones/${phone}/scan`, { qr });
  }

  async write(phone: string, to: string, text: string, more = {}): Promise<string> {
    const path = `/simulator/phones/${phone}/messages`;
    const { body } = await this.call('POST', path, { to, text, ...more });
    return String(body['id']);
  }

  /** What a phone shows, once it shows at least `count` messages. */
  shown(phone: string, count = 1): Promise<ShownMessage[]> {
    return waitUntil(`${count} messages on ${phone}`, async () => {
      const { body } = await this.call('GET', `/simulator/phones/${phone}/messages`);
      const messages = body as unknown as ShownMessage[];
      return messages.length >= count && messages;
    });
  }

  fault(kind: string, more = {}): Promise<Answer> {
    return this.call('POST', '/simulator/faults', { kind, ...more });
  }

  behave(behaviour: object): Promise<Answer> {
    return this.call('PUT', '/simulator/behaviour', behaviour);
  }

  async stat(name: string): Promise<unknown> {
    return (await this.call('GET', '/simulator/stats')).body[name];
  }

  /** How many stanzas wait for their time, and how many for an acknowledgement. */
  async waiting(): Promise<{ scheduled: number; unacknowledged: number }> {
    const waiting = await this.stat('stanzasWaiting');
    return waiting as { scheduled: number; unacknowledged: number };
  }

  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text ? (JSON.parse(text) as Record<string, unknown>) : {},
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
    await this.#simulator?.close();
    await this.killChild();
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
