import { Child } from './child.ts';

const ADMIN_TOKEN = 'tw_admin_bench';
/** A master key for every gateway here, so that others can read the keys of its services. */
export const MASTER_KEY_HEX = '07'.repeat(32);

/** Where a gateway keeps its things, and whom it talks to. */
export interface GatewayPlace {
  readonly dataDir: string;
  readonly databaseUrl: string;
  /** `ws://127.0.0.1:PORT` of a simulator. */
  readonly simulatorUrl: string;
}

/** The gateway as `npm start` runs it, in a process of its own. */
export class Gateway implements AsyncDisposable {
  readonly child: Child;
  readonly url: string;

  private constructor(child: Child, url: string) {
    this.child = child;
    this.url = url;
  }

  /** Starts it and waits until it says that it is ready, its own test account linked. */
  static async start(place: GatewayPlace): Promise<Gateway> {
    const child = await Child.start({
      script: 'gateway/src/main.ts',
      environment: {
        PORT: '0',
        DATABASE_URL: place.databaseUrl,
        TICKWIRE_DATA_DIR: place.dataDir,
        TICKWIRE_ADMIN_TOKEN: ADMIN_TOKEN,
        TICKWIRE_MASTER_KEY: MASTER_KEY_HEX,
        TICKWIRE_SIMULATOR_URL: place.simulatorUrl,
        TICKWIRE_ALLOW_PRIVATE_URLS: 'on',
        LOG_LEVEL: 'warn',
      },
      readyWhenSaid: /ready at (http:\S+)[^]*Test account/,
    });
    return new Gateway(child, child.ready?.[1] ?? '');
  }

  /** Makes a test service linked to a simulated phone. @returns its key */
  async linkService(phone: string): Promise<string> {
    const order = { planId: 4, cycle: 12, mode: 'test', link: phone };
    const answer = await fetch(`${this.url}/admin/services`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}` },
      body: JSON.stringify(order),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`no service was made: ${text}`);
    return (JSON.parse(text) as { apiKey: string }).apiKey;
  }

  /** How many accounts are connected now. */
  async countConnected(): Promise<number> {
    const answer = await fetch(`${this.url}/metrics`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const found = /tickwire_sessions\{state="connected"\} (\d+)/.exec(await answer.text());
    return Number(found?.[1] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}
