import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What every life of an edge is started with. */
export interface EdgeSettings {
  readonly databaseUrl: string;
  readonly masterKey: Buffer;
  readonly adminToken: string;
}

const PROGRAM = join(import.meta.dirname, 'edge-process.ts');

/** A place for an edge process, which is killed and started again. */
export class EdgeSeat {
  readonly #settings: EdgeSettings;
  #child: ChildProcess | null = null;
  /** Where it answers; null while it is dead. */
  url: string | null = null;

  constructor(settings: EdgeSettings) {
    this.#settings = settings;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const { databaseUrl, masterKey, adminToken } = this.#settings;
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        MASTER_KEY: masterKey.toString('hex'),
        ADMIN_TOKEN: adminToken,
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(() => ['']),
    ])) as [string];
    if (this.#child === child && line !== '') this.url = line;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.url = null;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}
