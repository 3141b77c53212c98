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
