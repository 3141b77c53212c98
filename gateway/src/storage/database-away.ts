import { DatabaseError } from 'pg';

/**
 * PostgreSQL's classes for: connection lost, no room for a connection, shutting down or starting; and
 * a statement that was given up after its time, which had no effect: a server that was stopped for a
 * while finds all of them so.
 */
const AWAY_CODES = /^(08|53300|57014|57P0)/;
const SYSTEM_CODES = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'];
/** What `pg` throws without a code. */
const AWAY_SENTENCES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|Cannot use a pool after calling end)/;

/** Whether an error of a query means that the database can not be reached, and may be again soon. */
export function isDatabaseAway(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (error instanceof DatabaseError) return AWAY_CODES.test(code);
  return SYSTEM_CODES.includes(code) || AWAY_SENTENCES.test(error.message);
}
