import { Kysely, PostgresDialect } from 'kysely';
import { Pool, types } from 'pg';
import type { Schema } from './schema.ts';

const CONNECTIONS_MAX = 12;
const STATEMENT_TIMEOUT_MS = 30_000;
const GRACE_MS = 1000;

/**
 * Every statement here has an index to walk. A plan that was made, and kept, while a table was
 * small would read all of it for ever after; these make PostgreSQL choose the index from the start.
 */
export const PLANNER_OPTIONS =
  '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

// PostgreSQL's `bigint`: ours stay far below 2^53, so they are plain numbers here.
types.setTypeParser(types.builtins.INT8, Number);

/** The open database: a pool for the few hot statements, Kysely over the same pool for the rest. */
export interface Database {
  readonly pool: Pool;
  readonly query: Kysely<Schema>;
  close(): Promise<void>;
}

/** How a pool works where it does not do as usual. */
export interface DatabaseOptions {
  readonly connectionsMax?: number;
  /**
   * After this the server gives a statement up, and a little later the client the server: for what
   * must know in time that there is no answer.
   */
  readonly answerMsMax?: number;
}

/**
 * Opens a pool. Connections are made when first used.
 * @param url a PostgreSQL connection string
 * @param onBreak told when a connection breaks while nobody waits for an answer on it, e.g. because
 *   the server restarts
 */
export function openDatabase(
  url: string,
  onBreak: (error: Error) => void,
  { connectionsMax = CONNECTIONS_MAX, answerMsMax }: DatabaseOptions = {},
): Database {
  const pool = new Pool({
    connectionString: url,
    max: connectionsMax,
    statement_timeout: answerMsMax ?? STATEMENT_TIMEOUT_MS,
    ...(answerMsMax === undefined
      ? {}
      : { query_timeout: answerMsMax + GRACE_MS, connectionTimeoutMillis: answerMsMax }),
    options: PLANNER_OPTIONS,
    application_name: 'tickwire',
  });
  // The pool listens to idle connections only. One that is taken and breaks between two statements
  // would end the process.
  pool.on('connect', (client) => {
    client.on('error', (error) => {
      // A pool has ended when its goodbyes are on their way; the server may end before they arrive.
      if (!pool.ending) onBreak(error);
    });
  });
  pool.on('error', (error: Error & { client?: unknown }) => {
    // `onBreak` was or will be told. The connection, with its secrets, must not get into a log.
    delete error.client;
  });
  const query = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return {
    pool,
    query,
    async close() {
      await query.destroy();
      // Kysely leaves a pool open that nothing was asked of through Kysely.
      if (!pool.ending) await pool.end();
    },
  };
}
