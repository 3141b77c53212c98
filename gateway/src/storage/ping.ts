import type { Database } from './database.ts';

/** @returns whether the database answers */
export async function databaseAnswers(database: Database): Promise<boolean> {
  try {
    await database.pool.query('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
