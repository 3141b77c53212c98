import type { Database } from '../database.ts';
import type { Channel } from './channels.ts';

/** Tells every process that listens, this one too. Nothing secret: notices are not sealed. */
export async function notify(
  database: Database,
  channel: Channel,
  payload: string | number,
): Promise<void> {
  await database.pool.query({
    name: 'notify',
    text: 'SELECT pg_notify($1, $2)',
    values: [channel, String(payload)],
  });
}

/** Gives the same notice with several payloads, in one statement. */
export async function notifyAll(
  database: Database,
  channel: Channel,
  payloads: readonly (string | number)[],
): Promise<void> {
  if (payloads.length === 0) return;
  await database.pool.query({
    name: 'notify-all',
    text: 'SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS told(payload)',
    values: [channel, payloads.map(String)],
  });
}
