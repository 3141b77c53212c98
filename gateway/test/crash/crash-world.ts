import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findServer } from '../harness/postgres-owner.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { groupMembers, type Cast } from './plan.ts';
import { ServerProcess } from './server-process.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ADMIN_TOKEN = 'tw_admin_of_the_campaign';
const REQUEST_MS_MAX = 10_000;
const POSTGRES_WITHIN_MS = 30_000;
/** Longer than a restart takes. */
const SLOW_PHONE = { deliverAfterMs: 5000, readAfterMs: 6000 };

/** Where a campaign takes place. */
export interface CrashWorldOptions {
  readonly folder: string;
  readonly cast: Cast;
  /** Null: the embedded PostgreSQL, which can be killed. */
  readonly databaseUrl: string | null;
  readonly logLevel: string;
}

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- the documented API; its reader knows the shape
  readonly json: any;
}

/**
 * Real processes: a simulator that outlives everything, a gateway that is killed and started again,
 * and its PostgreSQL.
 */
export class CrashWorld implements AsyncDisposable {
  readonly accountPhones: readonly string[];
  readonly contactPhones: readonly string[];
  /** By account. */
  readonly apiKeys: string[] = [];
  readonly groupIds: string[] = [];
  readonly #options: CrashWorldOptions;
  readonly #simulator: ServerProcess;
  #gateway: ServerProcess | null = null;
  #lives = 0;

  private constructor(options: CrashWorldOptions, simulator: ServerProcess) {
    const { cast } = options;
    this.#options = options;
    this.#simulator = simulator;
    this.accountPhones = numbers('4474000090', cast.accounts);
    this.contactPhones = numbers('4475000010', cast.contacts);
  }

  /** Starts everything, and links the accounts. */
  static async start(options: CrashWorldOptions): Promise<CrashWorld> {
    const simulator = await ServerProcess.start({
      program: join(ROOT, 'simulator/src/main.ts'),
      environment: { SIMULATOR_PORT: '0', SIMULATOR_DATA_DIR: join(options.folder, 'simulator') },
      logFile: join(options.folder, 'simulator.log'),
      readyLine: /WebSocket\s+ws:\/\/(\S+)/,
    });
    if (simulator === null) throw new Error('the simulator was killed');
    const world = new CrashWorld(options, simulator);
    await world.startGateway(null);
    await world.#openAccounts();
    await world.#slowSomePhones();
    return world;
  }

  get gateway(): ServerProcess | null {
    return this.#gateway;
  }

  /** How often a gateway was started. */
  get lives(): number {
    return this.#lives;
  }

  /**
   * Starts a gateway on what the last one left. A crash point may kill it before it is ready; it is
   * then started again without.
   */
  async startGateway(crashAt: string | null): Promise<void> {
    const { folder, databaseUrl, logLevel } = this.#options;
    this.#lives += 1;
    const simulatorUrl = `ws://${this.#simulator.url}`;
    this.#gateway = await ServerProcess.start({
      program: join(ROOT, 'gateway/src/main.ts'),
      environment: {
        PORT: '0',
        DATABASE_URL: databaseUrl ?? '',
        TICKWIRE_DATA_DIR: join(folder, 'data'),
        TICKWIRE_SIMULATOR_URL: simulatorUrl,
        // Nothing here ever connects to the real WhatsApp.
        TICKWIRE_WHATSAPP_URL: simulatorUrl,
        TICKWIRE_ADMIN_TOKEN: ADMIN_TOKEN,
        TICKWIRE_CRASH_AT: crashAt ?? '',
        TICKWIRE_TEST_MODE: 'on',
        LOG_LEVEL: logLevel,
      },
      logFile: join(folder, `gateway-${this.#lives}.log`),
      readyLine: /Tickwire is ready at (\S+)/,
    });
    if (this.#gateway === null) await this.startGateway(null);
  }

  /**
   * Kills the PostgreSQL of this gateway, known by its data directory and its parents; with the
   * gateway, if asked.
   */
  async killPostgres(alsoGateway: boolean): Promise<void> {
    const cluster = clusterOf(join(this.#options.folder, 'data'));
    const gateway = this.#gateway;
    if (gateway === null) throw new Error('there is no gateway whose PostgreSQL could be killed');
    const { server } = await waitUntil(
      'PostgreSQL to run',
      () => findServer({ child: gateway.child, connectionString: '' }, cluster),
      POSTGRES_WITHIN_MS,
    );
    if (alsoGateway) gateway.child.kill('SIGKILL');
    process.kill(server, 'SIGKILL');
    if (alsoGateway) await gateway.kill();
  }

  /** Waits until the gateway has its database again, or has died with it. */
  async waitUntilReady(): Promise<void> {
    const isDecided = async (): Promise<boolean> =>
      this.#gateway?.isRunning !== true || (await this.ask('/health/ready')).status === 200;
    await waitUntil('the gateway to be ready', isDecided, POSTGRES_WITHIN_MS);
  }

  /** Calls the public API. */
  async ask(path: string, body?: URLSearchParams): Promise<Answer> {
    const url = `${this.#gateway?.url ?? 'http://127.0.0.1:1'}${path}`;
    return await request(url, body === undefined ? {} : { method: 'POST', body });
  }

  /** Calls the admin API. */
  async askAsOperator(path: string, body?: unknown): Promise<Answer> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const url = `${this.#gateway?.url}${path}`;
    return await request(url, body === undefined ? { headers } : posted(body, headers));
  }

  /** Calls the simulator itself, which lives when the gateway does not. */
  async askSimulator(path: string, body?: unknown, method = 'POST'): Promise<Answer> {
    const url = `http://${this.#simulator.url}${path}`;
    const order = body === undefined ? {} : { ...posted(body, {}), method };
    const answer = await request(url, order);
    if (answer.status >= 300) throw new Error(`the simulator refused ${path}: ${answer.text}`);
    return answer;
  }

  async #openAccounts(): Promise<void> {
    const { cast } = this.#options;
    for (const link of this.accountPhones) {
      const order = { planId: 4, cycle: 12, mode: 'test', link };
      const answer = await this.askAsOperator('/admin/services', order);
      if (answer.status !== 201) throw new Error(`no service was made: ${answer.text}`);
      this.apiKeys.push(answer.json.apiKey as string);
    }
    for (let group = 0; group < cast.groups; group += 1) {
      const members = groupMembers(group, cast).map((contact) => this.contactPhones[contact]);
      const { json } = await this.askSimulator('/simulator/groups', {
        name: `Group ${group}`,
        participants: [...members, this.accountPhones[group]],
        addressingMode: 'lid',
      });
      this.groupIds.push(json.groupId as string);
    }
  }

  /**
   * A receipt that waits for the next login settles what was in doubt. With phones that answer after
   * the login, messages have to be sent again.
   */
  async #slowSomePhones(): Promise<void> {
    const slow = this.contactPhones.filter((_, index) => index % 3 === 0);
    const phones = Object.fromEntries(slow.map((phone) => [phone, SLOW_PHONE]));
    await this.askSimulator('/simulator/behaviour', { phones }, 'PUT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#gateway?.stop();
    await this.#simulator.stop();
  }
}

/** Where a data directory's PostgreSQL is: below it, or where it says. */
function clusterOf(dataDir: string): string {
  const elsewhere = join(dataDir, 'postgres.location');
  const place = existsSync(elsewhere)
    ? readFileSync(elsewhere, 'utf8').trim()
    : join(dataDir, 'postgres');
  return join(place, 'cluster');
}

function numbers(prefix: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${prefix}${String(index + 1).padStart(2, '0')}`,
  );
}

function posted(body: unknown, headers: Record<string, string>): RequestInit {
  return {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/json' },
  };
}

async function request(url: string, options: RequestInit): Promise<Answer> {
  const response = await fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_MS_MAX) });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').startsWith('application/json');
  return { status: response.status, text, json: isJson && text !== '' ? JSON.parse(text) : null };
}
