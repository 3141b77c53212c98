import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';
import type { Lease } from '../../domain/lease.ts';
import { heldAmong, LeaseSet, writeFenced } from '../leases/fence.ts';

/** One sealed key of an account; `sealed` null deletes it. */
export interface AccountKeyWrite {
  readonly lease: Lease;
  /** What the protocol library calls the kind: `session`, `pre-key`, ... and `creds`. */
  readonly type: string;
  readonly name: string;
  readonly sealed: Buffer | null;
}

const SAVE_KEYS = `
  saved AS (
    INSERT INTO account_keys (service_id, type, name, sealed)
    SELECT service_id, type, name, sealed
    FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bytea[])
         AS k(service_id, type, name, sealed) JOIN held USING (service_id)
    ON CONFLICT (service_id, type, name) DO UPDATE SET sealed = excluded.sealed)`;

const deleteKeys = (serviceIds: string, types: string, names: string): string => `
  deleted AS (
    DELETE FROM account_keys k
    USING unnest(${serviceIds}::bigint[], ${types}::text[], ${names}::text[])
          AS gone(service_id, type, name) JOIN held USING (service_id)
    WHERE k.service_id = gone.service_id AND k.type = gone.type AND k.name = gone.name)`;

const fenced = (...writes: string[]): string =>
  `WITH ${[heldAmong('$1', '$2'), ...writes].join(', ')} SELECT service_id FROM held`;

const STATEMENTS = {
  'save-keys': fenced(SAVE_KEYS),
  'delete-keys': fenced(deleteKeys('$3', '$4', '$5')),
  'save-and-delete-keys': fenced(SAVE_KEYS, deleteKeys('$7', '$8', '$9')),
};

const DELETE_ALL = `
  DELETE FROM account_keys USING held WHERE account_keys.service_id = held.service_id`;

const LOAD_KEYS = `
  SELECT name, sealed FROM account_keys
  WHERE service_id = $1 AND type = $2 AND name = ANY($3::text[])`;

/**
 * Writes keys of any number of accounts, all or none of an account, in one statement.
 * @param writes at most one a key
 * @returns the leases under which nothing may be written any more; their keys were not
 */
export async function saveAccountKeys(
  pool: Pool,
  writes: readonly AccountKeyWrite[],
): Promise<Lease[]> {
  const leases = new LeaseSet(writes.map((write) => write.lease));
  const saved = writes.filter((write) => write.sealed !== null);
  const deleted = writes.filter((write) => write.sealed === null);
  const savedColumns = [...keyColumns(saved), saved.map((write) => write.sealed)];
  const name =
    deleted.length === 0
      ? 'save-keys'
      : saved.length === 0
        ? 'delete-keys'
        : 'save-and-delete-keys';
  const { rows } = await pool.query<{ service_id: ServiceId }>({
    name,
    text: STATEMENTS[name],
    values: [
      ...leases.columns(),
      ...(saved.length === 0 ? [] : savedColumns),
      ...(deleted.length === 0 ? [] : keyColumns(deleted)),
    ],
  });
  return leases.without(new Set(rows.map((row) => row.service_id)));
}

/** @returns the sealed keys that exist, by name */
export async function loadAccountKeys(
  pool: Pool,
  serviceId: ServiceId,
  type: string,
  names: readonly string[],
): Promise<Map<string, Buffer>> {
  const result = await pool.query<{ name: string; sealed: Buffer }>({
    name: 'load-keys',
    text: LOAD_KEYS,
    values: [serviceId, type, names],
  });
  return new Map(result.rows.map((row) => [row.name, row.sealed]));
}

/** @returns all sealed keys of a type, by name */
export async function listAccountKeys(
  pool: Pool,
  serviceId: ServiceId,
  type: string,
): Promise<Map<string, Buffer>> {
  const result = await pool.query<{ name: string; sealed: Buffer }>({
    name: 'list-keys',
    text: 'SELECT name, sealed FROM account_keys WHERE service_id = $1 AND type = $2',
    values: [serviceId, type],
  });
  return new Map(result.rows.map((row) => [row.name, row.sealed]));
}

/**
 * Deletes every key and the credentials of an account.
 * @throws LeaseLost
 */
export async function deleteAccountKeys(pool: Pool, lease: Lease): Promise<void> {
  await writeFenced(pool, lease, DELETE_ALL, []);
}

function keyColumns(writes: readonly AccountKeyWrite[]): unknown[] {
  return [
    writes.map((write) => write.lease.serviceId),
    writes.map((write) => write.type),
    writes.map((write) => write.name),
  ];
}
