import { join } from 'node:path';
import { ServerProcess } from './server-process.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** What a seat's gateways are started with. */
export interface SeatOptions {
  readonly number: number;
  /** Data directory and logs are below it. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A place where one gateway after the other lives, on one data directory. */
export class GatewaySeat {
  readonly number: number;
  readonly dataDir: string;
  readonly #options: SeatOptions;
  #process: ServerProcess | null = null;
  #lives = 0;
  #isStalled = false;
  #starting: Promise<void> = Promise.resolve();

  constructor(options: SeatOptions) {
    this.number = options.number;
    this.dataDir = join(options.folder, `data-${options.number}`);
    this.#options = options;
  }

  /** How often a gateway was started. */
  get lives(): number {
    return this.#lives;
  }

  /** The gateway that runs or ran last. */
  get process(): ServerProcess | null {
    return this.#process;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }

  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** Whether it may be expected to answer. */
  get isServing(): boolean {
    return this.isRunning && !this.#isStalled;
  }

  /** `http://HOST:PORT` of the one that runs or ran last. */
  get url(): string {
    return this.#process?.url ?? 'http://127.0.0.1:1';
  }

  /**
   * Starts a gateway on what the last one left, after whatever start is under way. A crash point may
   * kill it before it is ready; it is then started again without.
   */
  start(crashAt: string | null): Promise<void> {
    this.#starting = this.#starting.then(() => this.#start(crashAt));
    return this.#starting;
  }

  /** Resolves when no start is under way. */
  started(): Promise<void> {
    return this.#starting;
  }

  async #start(crashAt: string | null): Promise<void> {
    if (this.isRunning) return;
    const { number, folder, environment } = this.#options;
    this.#lives += 1;
    this.#isStalled = false;
    this.#process = await ServerProcess.start({
      program: join(ROOT, 'gateway/src/main.ts'),
      environment: {
        ...environment,
        TICKWIRE_DATA_DIR: this.dataDir,
        TICKWIRE_CRASH_AT: crashAt ?? '',
      },
      logFile: join(folder, `gateway-${number}-${this.#lives}.log`),
      readyLine: /Tickwire is ready at (\S+)/,
    });
    // A point is passed once; a message stays what it is.
    const isForGood = crashAt?.startsWith('message=') === true;
    if (this.#process === null) await this.#start(isForGood ? crashAt : null);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#process?.kill();
    this.#isStalled = false;
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    this.goOn();
    await this.#process?.stop();
  }

  /** The process hangs, its connections stay. */
  stall(): void {
    this.#isStalled = this.#process?.child.kill('SIGSTOP') === true;
  }

  /** A process that hung goes on as if nothing had been. */
  goOn(): void {
    if (!this.#isStalled) return;
    this.#process?.child.kill('SIGCONT');
    this.#isStalled = false;
  }
}
