import type { Pool } from 'pg';
import { createFingerprint } from '../runtime/seal.ts';

const MASTER_KEY = 'master_key_fingerprint';
const KEEP_ONCE = 'INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING';
const FIND = 'SELECT value FROM installation WHERE name = $1';

/**
 * Makes sure that this process has the master key with which the database was first used: with
 * another one nothing sealed in it could be opened, and what it seals nobody else could.
 * @throws Error with a sentence for the user when it is another one
 */
export async function assertMasterKey(pool: Pool, masterKey: Buffer): Promise<void> {
  const fingerprint = createFingerprint(masterKey)('tickwire master key');
  await pool.query(KEEP_ONCE, [MASTER_KEY, fingerprint]);
  const { rows } = await pool.query<{ value: Buffer }>(FIND, [MASTER_KEY]);
  if (rows[0]?.value.equals(fingerprint) === true) return;
  throw new Error(
    'This database was first used with another master key, and nothing sealed in it can be opened ' +
      'with this one. Set TICKWIRE_MASTER_KEY to the key in `master.key` of the data directory it ' +
      'was first used with; all processes on one database need the same.',
  );
}
