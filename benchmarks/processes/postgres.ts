import { readdirSync, readFileSync } from 'node:fs';
import { createLog } from '../../gateway/src/runtime/log.ts';
import { openDatabase, type Database } from '../../gateway/src/storage/database.ts';
import { startEmbeddedPostgres } from '../../gateway/src/storage/embedded/embedded-postgres.ts';

const TICK_MS = 10;

/** How often one kind of statement ran, and how many rows it touched. */
export interface StatementCount {
  readonly calls: number;
  readonly rows: number;
}

/** The PostgreSQL that all benchmarks share, with the settings the gateway gives its own. */
export class Postgres implements AsyncDisposable {
  readonly #url: string;
  readonly #database: Database;
  readonly #close: () => Promise<void>;
  readonly #postmaster: number;

  private constructor(url: string, database: Database, close: () => Promise<void>, pid: number) {
    this.#url = url;
    this.#database = database;
    this.#close = close;
    this.#postmaster = pid;
  }

  static async start(dataDir: string): Promise<Postgres> {
    const settings = { shared_preload_libraries: 'pg_stat_statements' };
    const log = createLog('error');
    const server = await startEmbeddedPostgres({ dataDir, log, settings });
    const database = openDatabase(server.connectionString, () => undefined);
    await database.pool.query('CREATE EXTENSION pg_stat_statements');
    const { rows } = await database.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const postmaster = parentOf(rows[0]?.pid ?? 0);
    return new Postgres(server.connectionString, database, () => server.close(), postmaster);
  }

  /** Makes an empty database. @returns its connection string */
  async createDatabase(name: string): Promise<string> {
    await this.#database.pool.query(`CREATE DATABASE ${name}`);
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    return url.href;
  }

  async version(): Promise<string> {
    const answer = await this.#database.pool.query<{ server_version: string }>(
      'SHOW server_version',
    );
    return answer.rows[0]?.server_version ?? '';
  }

  /**
   * CPU time of the server so far with all its processes, those that have ended included,
   * milliseconds. From proc(5), in steps of 10 ms; NaN where there is none.
   */
  cpuMs(): number {
    for (;;) {
      const before = readTimes(this.#postmaster);
      if (before === null) return Number.NaN;
      const living = childrenOf(this.#postmaster).map((pid) => readTimes(pid)?.ownTicks ?? 0);
      // A process that ended meanwhile was read here, or there, or nowhere.
      const after = readTimes(this.#postmaster);
      if (after?.endedTicks !== before.endedTicks) continue;
      return living.reduce((sum, one) => sum + one, before.ownTicks + before.endedTicks) * TICK_MS;
    }
  }

  /** Statements by their text since the last `forgetStatements`, most frequent first. */
  async statements(): Promise<ReadonlyMap<string, StatementCount>> {
    const answer = await this.#database.pool.query<StatementCount & { text: string }>(
      `SELECT regexp_replace(query, '\\s+', ' ', 'g') AS text,
              sum(calls)::int AS calls, sum(rows)::int AS rows
       FROM pg_stat_statements GROUP BY 1 ORDER BY 2 DESC`,
    );
    return new Map(answer.rows.map(({ text, ...count }) => [text.trim(), count]));
  }

  async forgetStatements(): Promise<void> {
    await this.#database.pool.query('SELECT pg_stat_statements_reset()');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
    await this.#close();
  }
}

/** The fields of proc(5) `stat` from the third on (`state`), or null. */
function readStat(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function readTimes(pid: number): { ownTicks: number; endedTicks: number } | null {
  const fields = readStat(pid);
  if (fields === null) return null;
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15).map(Number);
  return { ownTicks: user + system, endedTicks: endedUser + endedSystem };
}

function parentOf(pid: number): number {
  return Number(readStat(pid)?.[1] ?? 0);
}

function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return all.filter((candidate) => parentOf(candidate) === pid);
}
