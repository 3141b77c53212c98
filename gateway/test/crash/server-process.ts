import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { waitUntil } from '../harness/wait-until.ts';

const READY_WITHIN_MS = 60_000;

/** How a server is started. */
export interface ServerOrder {
  /** The TypeScript file. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What it prints goes there. */
  readonly logFile: string;
  /** Finds its address in what it prints when it is ready. */
  readonly readyLine: RegExp;
}

/** One of the servers of a campaign, in a process of its own. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.child = child;
    this.url = url;
  }

  /** @returns null when it has died before it was ready */
  static async start(order: ServerOrder): Promise<ServerProcess | null> {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', order.program],
      {
        env: { ...process.env, ...order.environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    // An interrupted campaign leaves nothing behind.
    const endWithUs = (): boolean => child.kill('SIGKILL');
    process.once('exit', endWithUs);
    child.once('exit', () => process.removeListener('exit', endWithUs));
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        appendFileSync(order.logFile, text);
        printed = `${printed}${text}`.slice(-10_000);
      });
    }
    const url = await waitUntil(
      `${order.program} to be ready`,
      () => (hasEnded(child) ? 'ended' : order.readyLine.exec(printed)?.[1]),
      READY_WITHIN_MS,
    ).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`it did not start:\n${printed}`, { cause: error });
    });
    if (child.signalCode === 'SIGKILL') return null;
    if (url === 'ended') throw new Error(`it ended:\n${printed}`);
    return new ServerProcess(child, url);
  }

  get isRunning(): boolean {
    return !hasEnded(this.child);
  }

  /** SIGKILL: it gets no chance to do anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, as a service manager stops it. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
