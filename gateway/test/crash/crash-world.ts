import { join } from 'node:path';
import { waitUntil } from '../harness/wait-until.ts';
import { GatewaySeat } from './gateway-seat.ts';
import {
  databaseBeside,
  databaseElsewhere,
  databaseOfGateway,
  type KillableDatabase,
} from './killable-database.ts';
import { groupMembers, type Cast } from './plan.ts';
import { ServerProcess } from './server-process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ADMIN_TOKEN = 'tw_admin_of_the_campaign';
/** Several gateways have one key; a campaign has no secrets. */
const MASTER_KEY = 'c4'.repeat(32);
const REQUEST_MS_MAX = 10_000;
/** Linking an account takes a few logins, on a machine that may be busy. */
const LINK_MS_MAX = 60_000;
const READY_WITHIN_MS = 60_000;
/** Longer than a restart takes. */
const SLOW_PHONE = { deliverAfterMs: 5000, readAfterMs: 6000 };

/** Where a campaign takes place. */
export interface CrashWorldOptions {
  readonly folder: string;
  readonly cast: Cast;
  /** Null: one that can be killed. */
  readonly databaseUrl: string | null;
  readonly logLevel: string;
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
  // oxlint-disable-next-line typescript/no-explicit-any -- the documented API; its reader knows the shape
  readonly json: any;
}

/**
 * Real processes: a simulator that outlives everything, gateways that are killed and started again,
 * and their PostgreSQL.
 */
export class CrashWorld implements AsyncDisposable {
  readonly accountPhones: readonly string[];
  readonly contactPhones: readonly string[];
  /** By account. */
  readonly apiKeys: string[] = [];
  readonly groupIds: string[] = [];
  readonly seats: readonly GatewaySeat[];
  readonly #cast: Cast;
  readonly #simulator: ServerProcess;
  readonly #database: KillableDatabase;

  private constructor(
    cast: Cast,
    simulator: ServerProcess,
    database: KillableDatabase,
    seats: readonly GatewaySeat[],
  ) {
    this.#cast = cast;
    this.#simulator = simulator;
    this.#database = database;
    this.seats = seats;
    this.accountPhones = numbers('4474000090', cast.accounts);
    this.contactPhones = numbers('4475000010', cast.contacts);
  }

  /** Starts everything, and links the accounts. */
  static async start(options: CrashWorldOptions): Promise<CrashWorld> {
    const { folder, cast } = options;
    const simulator = await startSimulator(folder);
    const seats: GatewaySeat[] = [];
    const database = await openDatabase(options, () => seats[0]);
    const environment = gatewayEnvironment(options, simulator, database);
    for (let number = 0; number < cast.gateways; number += 1) {
      seats.push(new GatewaySeat({ number, folder, environment }));
    }
    const world = new CrashWorld(cast, simulator, database, seats);
    try {
      // One alone while accounts are linked: who is being linked may be given away to a newcomer.
      await world.seat(0).start(null);
      await world.#openAccounts();
      for (const seat of seats) await seat.start(null);
      await world.#slowSomePhones();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The seat with this number. */
  seat(number: number): GatewaySeat {
    const seat = this.seats[number];
    if (seat === undefined) throw new Error(`there is no gateway ${number}`);
    return seat;
  }

  async killPostgres(): Promise<void> {
    await this.#database.kill();
  }

  /** Waits until a gateway has its database again, or has died with it. */
  async waitUntilReady(seat: GatewaySeat): Promise<void> {
    const isDecided = async (): Promise<boolean> =>
      !seat.isServing || (await request(`${seat.url}/health/ready`, {})).status === 200;
    await waitUntil('the gateway to be ready', isDecided, READY_WITHIN_MS);
  }

  /**
   * Calls the public API.
   * @param first the number of the gateway to ask, if it serves; else another
   */
  async ask(path: string, body?: URLSearchParams, options: AskOptions = {}): Promise<Answer> {
    const { first = 0, headers = {} } = options;
    const url = `${this.#servingSeat(first)?.url ?? 'http://127.0.0.1:1'}${path}`;
    return await request(url, body === undefined ? { headers } : { method: 'POST', body, headers });
  }

  /** Calls the admin API. */
  async askAsOperator(path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const url = `${this.seat(0).url}${path}`;
    return await request(
      url,
      body === undefined ? { headers } : posted(body, headers),
      LINK_MS_MAX,
    );
  }

  /** Calls the simulator itself, which lives when the gateways do not. */
  async askSimulator(path: string, body?: unknown, method = 'POST'): Promise<Answer> {
    const url = `http://${this.#simulator.url}${path}`;
    const order = body === undefined ? {} : { ...posted(body, {}), method };
    const answer = await request(url, order);
    if (answer.status >= 300) throw new Error(`the simulator refused ${path}: ${answer.text}`);
    return answer;
  }

  #servingSeat(first: number): GatewaySeat | undefined {
    const inTurn = [...this.seats.slice(first), ...this.seats.slice(0, first)];
    return inTurn.find((seat) => seat.isServing);
  }

  async #openAccounts(): Promise<void> {
    for (const link of this.accountPhones) {
      const order = { planId: 4, cycle: 12, mode: 'test', link };
      const answer = await this.askAsOperator('/admin/services', order);
      if (answer.status !== 201) throw new Error(`no service was made: ${answer.text}`);
      this.apiKeys.push(answer.json.apiKey as string);
    }
    for (let group = 0; group < this.#cast.groups; group += 1) {
      const members = groupMembers(group, this.#cast).map((contact) => this.contactPhones[contact]);
      const { json } = await this.askSimulator('/simulator/groups', {
        name: `Group ${group}`,
        participants: [...members, this.accountPhones[group]],
        addressingMode: 'lid',
      });
      this.groupIds.push(json.groupId as string);
    }
  }

  /**
   * A receipt that waits for the next login settles what was in doubt, be it a contact's or that of
   * the account's own phone. With phones that answer after the login, messages are sent again.
   */
  async #slowSomePhones(): Promise<void> {
    const slow = [
      ...this.contactPhones.filter((_, index) => index % 3 === 0),
      ...this.accountPhones.filter((_, index) => index % 2 === 0),
    ];
    const phones = Object.fromEntries(slow.map((phone) => [phone, SLOW_PHONE]));
    await this.askSimulator('/simulator/behaviour', { phones }, 'PUT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.seats.map((seat) => seat.stop()));
    await this.#database.close();
    await this.#simulator.stop();
  }
}

interface AskOptions {
  readonly first?: number;
  readonly headers?: Record<string, string>;
}

/** Starts a simulator that keeps its things below the folder. */
export async function startSimulator(folder: string): Promise<ServerProcess> {
  const simulator = await ServerProcess.start({
    program: join(ROOT, 'simulator/src/main.ts'),
    environment: { SIMULATOR_PORT: '0', SIMULATOR_DATA_DIR: join(folder, 'simulator') },
    logFile: join(folder, 'simulator.log'),
    readyLine: /WebSocket\s+ws:\/\/(\S+)/,
  });
  if (simulator === null) throw new Error('the simulator was killed');
  return simulator;
}

/** One gateway has its own PostgreSQL, as it is shipped; several have one beside them. */
async function openDatabase(
  { folder, cast, databaseUrl }: CrashWorldOptions,
  onlySeat: () => GatewaySeat | undefined,
): Promise<KillableDatabase> {
  if (databaseUrl !== null) return databaseElsewhere(databaseUrl);
  if (cast.gateways > 1) return await databaseBeside(join(folder, 'database'));
  return databaseOfGateway(join(folder, 'data-0'), () => onlySeat()?.process?.child);
}

function gatewayEnvironment(
  { logLevel }: CrashWorldOptions,
  simulator: ServerProcess,
  database: KillableDatabase,
): Record<string, string> {
  const simulatorUrl = `ws://${simulator.url}`;
  return {
    PORT: '0',
    DATABASE_URL: database.url ?? '',
    TICKWIRE_SIMULATOR_URL: simulatorUrl,
    // Nothing here ever connects to the real WhatsApp.
    TICKWIRE_WHATSAPP_URL: simulatorUrl,
    TICKWIRE_ADMIN_TOKEN: ADMIN_TOKEN,
    TICKWIRE_MASTER_KEY: MASTER_KEY,
    TICKWIRE_TEST_MODE: 'on',
    LOG_LEVEL: logLevel,
  };
}

function numbers(prefix: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${prefix}${String(index + 1).padStart(2, '0')}`,
  );
}

export function posted(body: unknown, headers: Record<string, string>): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  };
}

export async function request(
  url: string,
  options: RequestInit,
  timeoutMs = REQUEST_MS_MAX,
): Promise<Answer> {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(timeoutMs) });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
  const retryAfter = response.headers.get('retry-after');
  const json = isJson && text !== '' ? JSON.parse(text) : null;
  return { status: response.status, text, json, retryAfter };
}
