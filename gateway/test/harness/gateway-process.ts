import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { waitUntil } from './wait-until.ts';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const READY_WITHIN_MS = 30_000;
const ENDED = 'ended';

/** How a gateway is started. */
export interface GatewayProcessOptions {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly simulatorUrl: string;
  readonly environment?: Record<string, string>;
}

/** The real server in a process of its own. */
export class GatewayProcess implements AsyncDisposable {
  readonly url: string;
  readonly adminToken: string;
  readonly #child: ChildProcess;
  readonly #output: string[];

  private constructor(child: ChildProcess, output: string[], url: string, adminToken: string) {
    this.#child = child;
    this.#output = output;
    this.url = url;
    this.adminToken = adminToken;
  }

  /** Starts a gateway and waits until it says that it is ready. */
  static async start(options: GatewayProcessOptions): Promise<GatewayProcess> {
    const adminToken = 'tw_admin_of_the_test';
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN], {
      env: {
        ...process.env,
        PORT: '0',
        DATABASE_URL: options.databaseUrl,
        TICKWIRE_DATA_DIR: options.dataDir,
        TICKWIRE_SIMULATOR_URL: options.simulatorUrl,
        // Nothing here ever connects to the real WhatsApp: live services meet the simulator, too,
        // which they must not trust.
        TICKWIRE_WHATSAPP_URL: options.simulatorUrl,
        TICKWIRE_ADMIN_TOKEN: adminToken,
        LOG_LEVEL: 'trace',
        ...options.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => output.push(text));
    }
    const url = await waitUntil(
      'the gateway to be ready',
      () => {
        const text = output.join('');
        if (child.exitCode !== null) return ENDED;
        return /Tickwire(?: \(\w+\))? is ready at (\S+)/.exec(text)?.[1];
      },
      READY_WITHIN_MS,
    ).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`the gateway did not start:\n${output.join('')}`, { cause: error });
    });
    if (url === ENDED) throw new Error(`the gateway ended:\n${output.join('')}`);
    return new GatewayProcess(child, output, url, adminToken);
  }

  /** Everything it has printed. */
  get output(): string {
    return this.#output.join('');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** SIGTERM, as a service manager stops it. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.isRunning) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    return this.#child.exitCode;
  }

  /** SIGKILL: it gets no chance to do anything. */
  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
