import type { Pool, PoolClient } from 'pg';

const INSERT_PIECE = `
  INSERT INTO shared_file_pieces (name, number, sealed) VALUES ($1, $2, $3)`;

/**
 * Keeps a file's pieces in one transaction, one in memory at a time. Committed when it resolves;
 * nothing is kept when it rejects. A file that is kept already stays as it is.
 * @param bytes the whole file's length
 * @param pieces sealed, in order
 */
export async function keepPieces(
  pool: Pool,
  name: string,
  bytes: number,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const client = await pool.connect();
  let failure: unknown;
  try {
    await client.query('BEGIN');
    await insertPieces(client, name, bytes, pieces);
    await client.query('COMMIT');
  } catch (error) {
    failure = error;
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    // After a failure nobody knows how the connection stands.
    client.release(failure !== undefined);
  }
}

async function insertPieces(
  client: PoolClient,
  name: string,
  bytes: number,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const kept = await client.query(
    'INSERT INTO shared_files (name, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [name, bytes],
  );
  if (kept.rowCount === 0) return;
  let number = 0;
  for await (const sealed of pieces) {
    await client.query({
      name: 'insert-piece',
      text: INSERT_PIECE,
      values: [name, number, sealed],
    });
    number += 1;
  }
}
