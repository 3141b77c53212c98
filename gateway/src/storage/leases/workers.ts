import type { Pool, PoolClient } from 'pg';
import { CHANNELS } from '../notices/channels.ts';

/** A process that holds sockets, as it tells the others. */
export interface Worker {
  /** Of this run of the process. */
  readonly id: string;
  /** Of its data directory, which one process has at a time. */
  readonly home: string;
  readonly modes: readonly ('test' | 'live')[];
  /** Which world its simulator is, where it has one. */
  readonly simulator: string | null;
  readonly adminFingerprint: Buffer;
}

/** Another worker, as it was last heard of. */
export interface Peer {
  readonly id: string;
  /** Grows with each of its heartbeats. */
  readonly beat: number;
  readonly modes: readonly ('test' | 'live')[];
  readonly simulator: string | null;
  readonly hasSameAdminToken: boolean;
  /** It was there before. */
  readonly isOlder: boolean;
}

const REGISTER = `
  INSERT INTO workers (id, home, modes, simulator, admin_fingerprint)
  VALUES ($1, $2, $3, $4, $5)`;

const BEAT = `
  WITH me AS (
    UPDATE workers SET beat = beat + 1, beat_at = now(), modes = $2 WHERE id = $1
    RETURNING admin_fingerprint, started_at, id)
  SELECT w.id, w.beat, w.modes, w.simulator,
         w.admin_fingerprint = me.admin_fingerprint AS has_same_admin_token,
         (w.started_at, w.id) < (me.started_at, me.id) AS is_older
  FROM me LEFT JOIN workers w ON w.id <> me.id`;

/** Whose rows go when a worker enters. */
export type Predecessors =
  /** Its process starts. Nobody else can have had its data directory: whoever had is dead. */
  | 'all-at-home'
  /** It enters again; these are the ids it had before, and it has given up what it held. */
  | readonly string[];

/** Enters a worker. What its predecessors held is free from then on, without a wait. */
export async function registerWorker(
  pool: Pool,
  worker: Worker,
  predecessors: Predecessors,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (predecessors === 'all-at-home') {
      await removeWorkers(client, 'home = $1', [worker.home], true);
    } else {
      await removeWorkers(client, 'id = ANY($1)', [predecessors], false);
    }
    await client.query(REGISTER, [
      worker.id,
      worker.home,
      worker.modes,
      worker.simulator,
      worker.adminFingerprint,
    ]);
  });
}

interface PeerRow {
  id: string | null;
  beat: number;
  modes: ('test' | 'live')[];
  simulator: string | null;
  has_same_admin_token: boolean;
  is_older: boolean;
}

/**
 * One heartbeat.
 * @returns the other workers, or null when this one was buried: it holds nothing any more
 */
export async function beat(
  pool: Pool,
  worker: Pick<Worker, 'id' | 'modes'>,
): Promise<Peer[] | null> {
  const { rows } = await pool.query<PeerRow>({
    name: 'beat',
    text: BEAT,
    values: [worker.id, worker.modes],
  });
  if (rows.length === 0) return null;
  return rows.flatMap((row) =>
    row.id === null
      ? []
      : {
          id: row.id,
          beat: row.beat,
          modes: row.modes,
          simulator: row.simulator,
          hasSameAdminToken: row.has_same_admin_token,
          isOlder: row.is_older,
        },
  );
}

/**
 * Declares a worker dead that was last heard of with this beat; what it held is free. If it has
 * beaten since, nothing happens.
 */
export async function buryWorker(pool: Pool, id: string, lastBeat: number): Promise<void> {
  await inTransaction(pool, (client) =>
    removeWorkers(client, 'id = $1 AND beat = $2', [id, lastBeat], true),
  );
}

/** A worker leaves; whatever it still holds is free, and was not abandoned. */
export async function removeWorker(pool: Pool, ids: readonly string[]): Promise<void> {
  await inTransaction(pool, (client) => removeWorkers(client, 'id = ANY($1)', [ids], false));
}

/**
 * The second statement sees what a worker gained just before its row was deleted: gaining locks that
 * row, so that the first one waits for it.
 */
async function removeWorkers(
  client: PoolClient,
  condition: string,
  values: readonly unknown[],
  areAbandoned: boolean,
): Promise<void> {
  const { rows } = await client.query<{ id: string }>({
    text: `DELETE FROM workers WHERE ${condition} RETURNING id`,
    values: [...values],
  });
  if (rows.length === 0) return;
  await client.query({
    text: 'UPDATE leases SET worker_id = NULL, is_abandoned = $2 WHERE worker_id = ANY($1)',
    values: [rows.map((row) => row.id), areAbandoned],
  });
  await client.query("SELECT pg_notify($1, '')", [CHANNELS.leasesFreed]);
}

async function inTransaction(
  pool: Pool,
  work: (client: PoolClient) => Promise<void>,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    await client.query('COMMIT');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
