import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { MediaKind } from '../../domain/media.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { MediaDescription } from '../media-description.ts';

/** Looks into files, away from everything else. */
export interface Probe {
  /** @param path of the file. Never throws: a file that can not be read has no description. */
  describe(path: string, kind: MediaKind): Promise<MediaDescription>;
  close(): Promise<void>;
}

/** What the other process is asked. */
export interface ProbeQuestion {
  readonly path: string;
  readonly kind: MediaKind;
}

const PROGRAM = join(import.meta.dirname, 'probe-process.ts');
const LOOK_MS_MAX = 10_000;
const IDLE_MS_MAX = 60_000;
const HEAP_MB_MAX = 256;
/** Thumbnails and lengths are of use for these alone. */
const LOOKED_INTO = new Set<MediaKind>(['image', 'video', 'audio', 'voice', 'sticker']);

/**
 * Looks into files in a process of its own, one file at a time. A file may be made to break whoever
 * reads it: the process that does has no keys and no connections, and is killed when it takes too
 * long or too much memory. It is started when there is something to look into, and ends when there
 * is not.
 */
export class ProbeProcess implements Probe {
  readonly #clock: Clock;
  readonly #log: Log;
  #child: ChildProcess | null = null;
  #cancelIdle: (() => void) | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  describe(path: string, kind: MediaKind): Promise<MediaDescription> {
    if (!LOOKED_INTO.has(kind)) return Promise.resolve({});
    const looking = this.#last.then(() => this.#look({ path, kind }));
    this.#last = looking;
    return looking;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#end();
    await this.#last;
  }

  async #look(question: ProbeQuestion): Promise<MediaDescription> {
    if (this.#isClosed) return {};
    this.#cancelIdle?.();
    this.#child ??= this.#start();
    const found = await answerOf(this.#child, question, this.#clock);
    if (found === null) {
      this.#log.info({ kind: question.kind }, 'a file could not be looked into');
      this.#end();
    }
    this.#cancelIdle = this.#clock.after(IDLE_MS_MAX, () => this.#end());
    return found ?? {};
  }

  #start(): ChildProcess {
    const child = fork(PROGRAM, {
      env: {},
      execArgv: [`--max-old-space-size=${HEAP_MB_MAX}`, '--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('exit', () => {
      if (this.#child === child) this.#child = null;
    });
    child.on('error', (error) => this.#log.warn({ err: error }, 'files can not be looked into'));
    child.unref();
    child.channel?.unref();
    return child;
  }

  #end(): void {
    this.#cancelIdle?.();
    this.#child?.kill('SIGKILL');
    this.#child = null;
  }
}

/** @returns null when the process ended, or took too long */
function answerOf(
  child: ChildProcess,
  question: ProbeQuestion,
  clock: Clock,
): Promise<MediaDescription | null> {
  const { promise, resolve } = Promise.withResolvers<MediaDescription | null>();
  const onAnswer = (answer: unknown): void => resolve(answer as MediaDescription);
  const onEnd = (): void => resolve(null);
  const cancel = clock.after(LOOK_MS_MAX, onEnd);
  child.once('message', onAnswer).once('exit', onEnd).once('error', onEnd);
  child.send(question, (error) => {
    if (error !== null) onEnd();
  });
  return promise.finally(() => {
    cancel();
    child.off('message', onAnswer).off('exit', onEnd).off('error', onEnd);
  });
}
