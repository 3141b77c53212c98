import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase, type Database } from '../../gateway/src/storage/database.ts';
import { Child } from '../processes/child.ts';
import { Gateway } from '../processes/gateway.ts';
import { Simulator } from '../processes/simulator.ts';
import type { Surroundings } from './surroundings.ts';

/** A gateway whose services post to a sink, each in a process of its own. */
export interface WebhookStage {
  readonly database: Database;
  readonly gateway: Gateway;
  readonly sink: Child;
  readonly urls: readonly string[];
  /** As many as urls, in their order. */
  readonly listeners: readonly number[];
}

/**
 * Sets it up, with a database of its own.
 * @param name of the database
 * @param phonesFrom the services' numbers begin with this and end with the two digits of their index
 * @param paths one for each service, each on a host of its own: a port of the sink
 * @param stack ends it all
 */
export async function openWebhookStage(
  { postgres, folder }: Surroundings,
  { name, phonesFrom, paths }: { name: string; phonesFrom: string; paths: readonly string[] },
  stack: AsyncDisposableStack,
): Promise<WebhookStage> {
  const databaseUrl = await postgres.createDatabase(name);
  const simulator = stack.use(await Simulator.start(join(folder, 'simulator')));
  const dataDir = join(folder, 'gateway');
  mkdirSync(dataDir);
  const simulatorUrl = simulator.webSocketUrl;
  const gateway = stack.use(await Gateway.start({ dataDir, databaseUrl, simulatorUrl }));
  const sink = stack.use(await Child.start({ script: 'benchmarks/programs/webhook-sink.ts' }));
  const database = openDatabase(databaseUrl, () => undefined);
  stack.defer(() => database.close());
  const urls: string[] = [];
  for (const path of paths) urls.push(`${await sink.ask<string>('listen')}${path}`);
  for (const [index, url] of urls.entries()) {
    const apiKey = await gateway.linkService(`${phonesFrom}${String(index).padStart(2, '0')}`);
    const body = new URLSearchParams({ url });
    const answer = await fetch(`${gateway.url}/webhook/set/${apiKey}`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`the webhook was not set: ${await answer.text()}`);
  }
  const { rows } = await database.pool.query<{ id: number }>(
    'SELECT listener_id AS id FROM webhooks ORDER BY listener_id',
  );
  return { database, gateway, sink, urls, listeners: rows.map(({ id }) => id) };
}
