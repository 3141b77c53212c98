// The simulator uses libsignal too, which prints keys on ordinary messages.
import '../../src/whatsapp/quiet-console.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator, type Simulator } from '@tickwire/simulator';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { GatewayProcess } from './gateway-process.ts';
import { waitUntil } from './wait-until.ts';

/** An answer of the gateway, read to its end. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The JSON as the contract documents it; the test knows its shape. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever came
  readonly json: any;
}

/** What a phone has shown its owner. */
export interface ShownMessage {
  readonly id: string;
  readonly from: string;
  readonly kind: string;
  readonly text: string;
  readonly wireCopies: number;
}

/**
 * A gateway in a process of its own, a WhatsApp that outlives it, and a PostgreSQL database: what
 * an operator has, for one test file.
 */
export class TestWorld implements AsyncDisposable {
  readonly simulator: Simulator;
  readonly dataDir: string;
  readonly databaseUrl: string;
  #gateway: GatewayProcess;
  readonly #made: TestDatabase;
  readonly #environment: Record<string, string>;

  private constructor(
    simulator: Simulator,
    dataDir: string,
    made: TestDatabase,
    gateway: GatewayProcess,
    environment: Record<string, string>,
  ) {
    this.simulator = simulator;
    this.dataDir = dataDir;
    this.databaseUrl = made.url;
    this.#made = made;
    this.#gateway = gateway;
    this.#environment = environment;
  }

  /** @param through where the gateway reaches the database instead, e.g. a line that can be cut */
  static async start(
    environment: Record<string, string> = {},
    through: (databaseUrl: string) => string = (url) => url,
  ): Promise<TestWorld> {
    const dataDir = mkdtempSync(join(tmpdir(), 'world-'));
    const made = await createTestDatabase();
    const simulator = await startSimulator({ dataDir: join(dataDir, 'simulator') });
    const gateway = await GatewayProcess.start({
      dataDir,
      databaseUrl: through(made.url),
      simulatorUrl: simulator.webSocketUrl,
      environment,
    });
    return new TestWorld(simulator, dataDir, made, gateway, environment);
  }

  get gateway(): GatewayProcess {
    return this.#gateway;
  }

  /**
   * Starts a gateway again on what the last one left.
   * @param more environment for this one alone
   */
  async startGateway(more: Record<string, string> = {}): Promise<void> {
    this.#gateway = await GatewayProcess.start({
      dataDir: this.dataDir,
      databaseUrl: this.databaseUrl,
      simulatorUrl: this.simulator.webSocketUrl,
      environment: { ...this.#environment, ...more },
    });
  }

  /** Calls the public API. */
  async ask(path: string, options: RequestInit = {}): Promise<Answer> {
    return await read(await fetch(`${this.gateway.url}${path}`, options));
  }

  /** Calls the admin or simulator API with the operator's token. */
  async askAsOperator(path: string, body?: unknown, method?: string): Promise<Answer> {
    return await this.ask(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        authorization: `Bearer ${this.gateway.adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** Makes a service; with a number it is linked to that simulated phone. @returns its API key */
  async makeService(order: { link?: string; mode?: 'test' | 'live' } = {}): Promise<string> {
    const answer = await this.askAsOperator('/admin/services', {
      planId: 4,
      cycle: 1,
      mode: 'test',
      ...order,
    });
    if (answer.status !== 201) throw new Error(`no service was made: ${answer.text}`);
    return answer.json.apiKey;
  }

  /** Sends one text over the documented API. @returns its message id */
  async send(apiKey: string, phone: string, message: string, more = {}): Promise<number> {
    const body = new URLSearchParams({ phonenumber: phone, message, ...more });
    const answer = await this.ask(`/sendMsg/${apiKey}`, { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`the message was not accepted: ${answer.text}`);
    return answer.json.messageId;
  }

  /** Waits until a message stands so; shows how it stood when it never does. */
  async waitForStatus(
    apiKey: string,
    id: number,
    expected: Partial<Record<'status' | 'statusInfo' | 'delivery', string>>,
    timeoutMs?: number,
  ): Promise<void> {
    let last = '';
    const holds = async (): Promise<boolean> => {
      const { json, text } = await this.ask(`/getStatus/${apiKey}?id=${id}`);
      last = text;
      return Object.entries(expected).every(([field, value]) => json[field] === value);
    };
    await waitUntil(`message ${id} to stand so`, holds, timeoutMs).catch((error: unknown) => {
      throw new Error(`expected ${JSON.stringify(expected)}, it stood so: ${last}`, {
        cause: error,
      });
    });
  }

  /** What a phone has shown its owner. */
  async shownBy(phone: string): Promise<ShownMessage[]> {
    return (await this.askSimulator(`/simulator/phones/${phone}/messages`)).json;
  }

  /** Talks to the simulator directly, so that it works while the gateway is dead. */
  async askSimulator(path: string, body?: unknown, method?: string): Promise<Answer> {
    const response = await fetch(`${this.simulator.httpUrl}${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer = await read(response);
    if (!response.ok) throw new Error(`the simulator refused ${path}: ${answer.text}`);
    return answer;
  }

  /** How the service stands with WhatsApp: the code of its connection state. */
  async connectionOf(apiKey: string): Promise<string> {
    const { json } = await this.askAsOperator('/admin/services');
    return json.find((entry: { apiKey: string }) => entry.apiKey === apiKey)?.connection;
  }

  async waitForConnection(apiKey: string, state: string, timeoutMs?: number): Promise<void> {
    const stands = async (): Promise<boolean> => (await this.connectionOf(apiKey)) === state;
    await waitUntil(`the connection to be ${state}`, stands, timeoutMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.simulator.close();
    await this.#made.drop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  const isJson = type.startsWith('application/json') && text !== '';
  return { status: response.status, type, text, json: isJson ? JSON.parse(text) : undefined };
}
