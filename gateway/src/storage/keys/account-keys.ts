import type { Pool } from 'pg';
import type { ServiceId } from '../../domain/ids.ts';

/** One sealed key of an account; `sealed` null deletes it. */
export interface AccountKeyWrite {
  readonly serviceId: ServiceId;
  /** What the protocol library calls the kind: `session`, `pre-key`, ... and `creds`. */
  readonly type: string;
  readonly name: string;
  readonly sealed: Buffer | null;
}

const SAVE_KEYS = `
  INSERT INTO account_keys (service_id, type, name, sealed)
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[])
  ON CONFLICT (service_id, type, name) DO UPDATE SET sealed = excluded.sealed`;

const DELETE_KEYS = `
  DELETE FROM account_keys k
  USING unnest($1::bigint[], $2::text[], $3::text[]) AS gone(service_id, type, name)
  WHERE k.service_id = gone.service_id AND k.type = gone.type AND k.name = gone.name`;

const SAVE_AND_DELETE_KEYS = `
  WITH deleted AS (
    DELETE FROM account_keys k
    USING unnest($5::bigint[], $6::text[], $7::text[]) AS gone(service_id, type, name)
    WHERE k.service_id = gone.service_id AND k.type = gone.type AND k.name = gone.name)
  ${SAVE_KEYS}`;

const LOAD_KEYS = `
  SELECT name, sealed FROM account_keys
  WHERE service_id = $1 AND type = $2 AND name = ANY($3::text[])`;

/**
 * Writes keys of any number of accounts, all or none, in one statement.
 * @param writes at most one a key
 */
export async function saveAccountKeys(
  pool: Pool,
  writes: readonly AccountKeyWrite[],
): Promise<void> {
  const saved = writes.filter((write) => write.sealed !== null);
  const deleted = writes.filter((write) => write.sealed === null);
  const savedColumns = [...keyColumns(saved), saved.map((write) => write.sealed)];
  if (deleted.length === 0) {
    await pool.query({ name: 'save-keys', text: SAVE_KEYS, values: savedColumns });
  } else if (saved.length === 0) {
    await pool.query({ name: 'delete-keys', text: DELETE_KEYS, values: keyColumns(deleted) });
  } else {
    await pool.query({
      name: 'save-and-delete-keys',
      text: SAVE_AND_DELETE_KEYS,
      values: [...savedColumns, ...keyColumns(deleted)],
    });
  }
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

/** Deletes every key and the credentials of an account. */
export async function deleteAccountKeys(pool: Pool, serviceId: ServiceId): Promise<void> {
  await pool.query('DELETE FROM account_keys WHERE service_id = $1', [serviceId]);
}

function keyColumns(writes: readonly AccountKeyWrite[]): unknown[] {
  return [
    writes.map((write) => write.serviceId),
    writes.map((write) => write.type),
    writes.map((write) => write.name),
  ];
}
