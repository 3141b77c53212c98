import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { posted, request, startSimulator, type Answer } from '../crash/crash-world.ts';
import { GatewaySeat } from '../crash/gateway-seat.ts';
import { databaseBeside, type DatabaseBeside } from '../crash/killable-database.ts';
import type { ServerProcess } from '../crash/server-process.ts';
import { waitUntil } from '../harness/wait-until.ts';

const ADMIN_TOKEN = 'tw_admin_of_the_storms';
const MASTER_KEY = '5c'.repeat(32);
const LINK_MS_MAX = 60_000;
const SHARE_MS_MAX = 60_000;

/** Where a storm takes place. */
export interface StormOrder {
  /** Everything is below it; made when it is not there. */
  readonly folder: string;
  readonly gateways?: number;
  readonly accounts?: number;
  /** Of the gateways, on top of what all have. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of the gateways, as `TICKWIRE_CRASH_AT`. */
  readonly crashAt?: string;
  readonly databaseEnvironment?: Readonly<Record<string, string>>;
}

/** What a phone has shown its owner. */
export interface Shown {
  readonly text: string;
  readonly from: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly wireCopies: number;
}

/** The counts of the simulator that storms look at. */
interface Stats {
  readonly logins: number;
  readonly connectionsNow: number;
  readonly messagesByWireId: { readonly ids: number; readonly copies: number };
  readonly overlappingSockets: number;
  readonly reusedRatchetCounters: number;
  readonly undecryptable: number;
}

/** Real gateways on one PostgreSQL of their own, a simulated WhatsApp beside them, and linked accounts. */
export class StormWorld implements AsyncDisposable {
  readonly seats: readonly GatewaySeat[];
  readonly database: DatabaseBeside;
  /** By account. */
  readonly apiKeys: string[] = [];
  readonly accountPhones: string[] = [];
  readonly #simulator: ServerProcess;

  private constructor(
    simulator: ServerProcess,
    database: DatabaseBeside,
    seats: readonly GatewaySeat[],
  ) {
    this.#simulator = simulator;
    this.database = database;
    this.seats = seats;
  }

  static async start(order: StormOrder): Promise<StormWorld> {
    const {
      folder,
      gateways = 1,
      accounts = 2,
      environment = {},
      databaseEnvironment,
      crashAt = null,
    } = order;
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const simulator = await startSimulator(folder);
    const database = await databaseBeside(join(folder, 'database'), databaseEnvironment);
    const simulatorUrl = `ws://${simulator.url}`;
    const seats = Array.from(
      { length: gateways },
      (_, number) =>
        new GatewaySeat({
          number,
          folder,
          environment: {
            PORT: '0',
            DATABASE_URL: database.url,
            TICKWIRE_SIMULATOR_URL: simulatorUrl,
            // Nothing here ever connects to the real WhatsApp.
            TICKWIRE_WHATSAPP_URL: simulatorUrl,
            TICKWIRE_ADMIN_TOKEN: ADMIN_TOKEN,
            TICKWIRE_MASTER_KEY: MASTER_KEY,
            TICKWIRE_TEST_MODE: 'on',
            LOG_LEVEL: 'info',
            ...environment,
          },
        }),
    );
    const world = new StormWorld(simulator, database, seats);
    try {
      // One alone while accounts are linked: who is being linked may be given away to a newcomer.
      await world.seat(0).start(crashAt);
      for (let account = 0; account < accounts; account += 1) await world.#open(account);
      for (const seat of seats) await seat.start(crashAt);
      if (gateways > 1) await world.#waitUntilShared(accounts);
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  seat(number: number): GatewaySeat {
    const seat = this.seats[number];
    if (seat === undefined) throw new Error(`there is no gateway ${number}`);
    return seat;
  }

  /** The number of a contact. */
  contact(number: number): string {
    return `4475000030${String(number).padStart(2, '0')}`;
  }

  /** Calls the public API of a gateway. @throws when it does not answer within `withinMs` */
  async ask(
    path: string,
    body: URLSearchParams | null = null,
    options: { gateway?: number; key?: string; withinMs?: number } = {},
  ): Promise<Answer> {
    const { gateway = 0, key, withinMs = 10_000 } = options;
    const headers: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const url = `${this.seat(gateway).url}${path}`;
    return await request(
      url,
      body === null ? { headers } : { method: 'POST', body, headers },
      withinMs,
    );
  }

  /** Sends one text, without more ado. */
  async send(account: number, contact: number, message: string, more = {}): Promise<Answer> {
    const body = new URLSearchParams({ phonenumber: this.contact(contact), message, ...more });
    return await this.ask(`/sendMsg/${this.apiKeys[account]}`, body);
  }

  /** The same, which must be accepted. @returns its id */
  async accept(account: number, contact: number, message: string, more = {}): Promise<number> {
    const answer = await this.send(account, contact, message, more);
    if (answer.status !== 200) throw new Error(`it was not accepted: ${answer.text}`);
    return answer.json.messageId as number;
  }

  /** How a message stands, as `getStatus` tells. */
  async standing(account: number, id: number): Promise<{ status: string; statusInfo: string }> {
    return (await this.ask(`/getStatus/${this.apiKeys[account]}?id=${id}`)).json;
  }

  async askAsOperator(path: string, body?: unknown, gateway = 0): Promise<Answer> {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const order = body === undefined ? { headers } : posted(body, headers);
    return await request(`${this.seat(gateway).url}${path}`, order, LINK_MS_MAX);
  }

  async askSimulator(path: string, body?: unknown): Promise<Answer> {
    const order = body === undefined ? {} : posted(body, {});
    const answer = await request(`http://${this.#simulator.url}${path}`, order);
    if (answer.status >= 300) throw new Error(`the simulator refused ${path}: ${answer.text}`);
    return answer;
  }

  async stats(): Promise<Stats> {
    return (await this.askSimulator('/simulator/stats')).json as Stats;
  }

  async shown(contact: number): Promise<Shown[]> {
    const { json } = await this.askSimulator(`/simulator/phones/${this.contact(contact)}/messages`);
    return json as Shown[];
  }

  /** @returns the rows of a statement */
  async onDatabase(statement: string): Promise<unknown[]> {
    const client = new Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query(statement)).rows as unknown[];
    } finally {
      await client.end();
    }
  }

  /** A contact writes to an account. */
  async write(contact: number, account: number, text: string): Promise<void> {
    await this.askSimulator(`/simulator/phones/${this.contact(contact)}/messages`, {
      to: this.accountPhones[account],
      text,
    });
  }

  /** Waits until every account is connected, as its own gateway says. */
  async waitUntilConnected(gateway = 0, withinMs = 60_000): Promise<void> {
    let last = '';
    for (const apiKey of this.apiKeys) {
      const isConnected = async (): Promise<boolean> => {
        const { json } = await this.ask(`/serviceSettings/${apiKey}`, null, { gateway });
        last = JSON.stringify(json);
        return last.includes('Connected to WhatsApp');
      };
      await waitUntil('the account to be connected', isConnected, withinMs).catch(() => {
        throw new Error(`it was not connected: ${last}`);
      });
    }
  }

  /** Each login beyond the first of an account is an account that was given away. */
  async #waitUntilShared(accounts: number): Promise<void> {
    const isShared = async (): Promise<boolean> => {
      const { logins, connectionsNow } = await this.stats();
      return logins > accounts && connectionsNow === accounts;
    };
    await waitUntil('the accounts to be shared out', isShared, SHARE_MS_MAX);
    await this.waitUntilConnected();
  }

  async #open(account: number): Promise<void> {
    const link = `4474000091${String(account).padStart(2, '0')}`;
    const order = { planId: 4, cycle: 1, mode: 'test', link };
    const answer = await this.askAsOperator('/admin/services', order);
    if (answer.status !== 201) throw new Error(`no service was made: ${answer.text}`);
    this.apiKeys.push(answer.json.apiKey as string);
    this.accountPhones.push(link);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.seats.map((seat) => seat.stop()));
    await this.database.close();
    await this.#simulator.stop();
  }
}
