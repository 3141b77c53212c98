import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Reply } from './answering.ts';

const STOP_MS_MAX = 20_000;
const SAID_LINES_MAX = 40;

const REPOSITORY = dirname(dirname(import.meta.dirname));
const PROBE = import.meta.resolve('./probe.ts');

/** What a child is started with. */
export interface ChildOptions {
  /** Relative to the repository. */
  readonly script: string;
  /** Its whole environment, but for PATH, HOME and TMPDIR. */
  readonly environment?: Readonly<Record<string, string>>;
  /** It is ready when it has said this; without it, when it runs. */
  readonly readyWhenSaid?: RegExp;
}

/** A process of a benchmark, with a probe in it. Known by its handle, and stopped through it. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #said: string[] = [];
  #nextId = 1;
  /** What `readyWhenSaid` has found. */
  ready: RegExpExecArray | null = null;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.on('message', (reply: Reply) => this.#take(reply));
    process.on('exit', (code, signal) => {
      const error = new Error(`a process ended (${code ?? signal}):\n${this.#said.join('')}`);
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** @throws when it ends before it is ready, with what it said */
  static async start(options: ChildOptions): Promise<Child> {
    const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
    const flags = ['--disable-warning=ExperimentalWarning', '--expose-gc', '--import', PROBE];
    const spawned = spawn(process.execPath, [...flags, join(REPOSITORY, options.script)], {
      cwd: REPOSITORY,
      env: { PATH, HOME, TMPDIR, ...options.environment },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const child = new Child(spawned);
    await child.#waitUntilReady(options.readyWhenSaid);
    return child;
  }

  /** Asks the probe, or the program itself. Rejects when it fails or ends. */
  ask<Value = void>(command: string, input: unknown = null): Promise<Value> {
    const id = this.#nextId;
    this.#nextId += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#process.send({ id, command, input });
    return waiting.promise as Promise<Value>;
  }

  /** CPU time of the whole process so far, milliseconds. */
  async cpuMs(): Promise<number> {
    return (await this.ask<number>('probe.cpuUs')) / 1000;
  }

  /** Resident set after full garbage collections, bytes. */
  async residentBytes(): Promise<number> {
    return (await this.ask<NodeJS.MemoryUsage>('probe.memory')).rss;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const impatience = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS_MAX);
    await exited;
    clearTimeout(impatience);
  }

  #take({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  async #waitUntilReady(readyWhenSaid: RegExp | undefined): Promise<void> {
    const ready = Promise.withResolvers<unknown>();
    this.#waiting.set(0, ready);
    let all = '';
    const listen = (chunk: Buffer): void => {
      this.#said.push(chunk.toString());
      if (this.#said.length > SAID_LINES_MAX) this.#said.shift();
      if (readyWhenSaid === undefined || this.ready !== null) return;
      all += chunk.toString();
      this.ready = readyWhenSaid.exec(all);
      if (this.ready !== null) ready.resolve(undefined);
    };
    this.#process.stdout?.on('data', listen);
    this.#process.stderr?.on('data', listen);
    if (readyWhenSaid === undefined) ready.resolve(this.ask('probe.cpuUs'));
    await ready.promise;
    this.#waiting.delete(0);
  }
}
