import type { Pool } from 'pg';

/** @returns the length of a file that was kept, in bytes, or null */
export async function findKeptBytes(pool: Pool, name: string): Promise<number | null> {
  const { rows } = await pool.query<{ bytes: number }>({
    name: 'find-kept-bytes',
    text: 'SELECT bytes FROM shared_files WHERE name = $1',
    values: [name],
  });
  return rows[0]?.bytes ?? null;
}

/** @returns a piece, sealed, or null where there is none, or none any more */
export async function findPiece(pool: Pool, name: string, number: number): Promise<Buffer | null> {
  const { rows } = await pool.query<{ sealed: Buffer }>({
    name: 'find-piece',
    text: 'SELECT sealed FROM shared_file_pieces WHERE name = $1 AND number = $2',
    values: [name, number],
  });
  return rows[0]?.sealed ?? null;
}
