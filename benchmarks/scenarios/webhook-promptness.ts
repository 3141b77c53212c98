// How soon events arrive, what dead endpoints change, and a great many that have waited.

import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../gateway/src/storage/database.ts';
import { median } from '../measure/median.ts';
import { waitUntil } from '../measure/wait-until.ts';
import type { Child } from '../processes/child.ts';
import type { SinkReport } from '../programs/webhook-sink.ts';
import type { Scenario, Surroundings } from './surroundings.ts';
import { openWebhookStage } from './webhook-stage.ts';

const HEALTHY = 4;
/** Half of them hang, half answer 500. */
const DEAD = 4;
const PER_SECOND = 200;
const EVERY_MS = 50;

const METHOD = `200 events a second for four healthy webhooks, kept by a process that tells the gateway nothing, so
that its look every half second finds them: the slowest way. In every other round as many events come for four more
webhooks, two of which hang and two of which answer 500; they begin each such round anew. The time is from the
commit to the endpoint; "order" counts events that came before an earlier one of the same message.`;

interface Stage {
  readonly database: Database;
  readonly sink: Child;
  readonly healthy: readonly number[];
  readonly dead: readonly number[];
}

/** `npm run bench -- promptness` */
export const webhookPromptness: Scenario = {
  name: 'webhook-promptness',
  async run(surroundings) {
    await using stack = new AsyncDisposableStack();
    const stage = await setUp(surroundings, stack);
    const seconds = surroundings.isQuick ? 4 : 15;
    const alone: number[] = [];
    const beside: number[] = [];
    await keepUp(stage, 3, false);
    for (let round = 1; round <= (surroundings.isQuick ? 1 : 4); round += 1) {
      surroundings.say(`round ${round}`);
      alone.push(p99(await keepUp(stage, seconds, false)));
      beside.push(p99(await keepUp(stage, seconds, true)));
    }
    const drained = await drain(stage, surroundings.isQuick ? 6000 : 100_000);
    const change = median(beside.map((ms, round) => ms / (alone[round] ?? Number.NaN)));
    return {
      name: 'webhook-promptness',
      title: 'How soon events arrive',
      method: METHOD,
      columns: ['', 'p99 ms', 'events a second', 'order'],
      rows: [
        ['healthy alone', median(alone), PER_SECOND, ''],
        ['healthy beside dead', median(beside), PER_SECOND, ''],
        [`${drained.events} that waited`, '', drained.perSecond, drained.inversions],
      ],
      targets: [
        { what: 'first attempt, p99 ms', measured: median(alone), bound: 'at-most', limit: 1000 },
        { what: 'p99 beside dead to alone', measured: change, bound: 'at-most', limit: 1.1 },
        { what: 'inversions', measured: drained.inversions, bound: 'at-most', limit: 0 },
      ],
      rounds: { alone, beside, drained },
    };
  },
};

async function setUp(surroundings: Surroundings, stack: AsyncDisposableStack): Promise<Stage> {
  const paths = Array.from({ length: HEALTHY + DEAD }, (_, index) => {
    const manner = index < HEALTHY ? '' : index % 2 === 0 ? '/hang' : '/fail';
    return `${manner}/${index}`;
  });
  const order = { name: 'promptness', phonesFrom: '4474000180', paths };
  const { database, sink, listeners } = await openWebhookStage(surroundings, order, stack);
  const [healthy, dead] = [listeners.slice(0, HEALTHY), listeners.slice(HEALTHY)];
  return { database, sink, healthy, dead };
}

// Three states of each message, as the statement that records ticks writes them.
const KEEP = `
  WITH kept AS (
    INSERT INTO events (listener_id, type, subject, data)
    SELECT listener, 'message.status', 'message:' || gen_random_uuid() || number / 3, json_build_object(
      'messageId', number::text, 'status', 'read', 'atMs', 0, 'metadata', NULL)
    FROM generate_series(0, $2::int - 1) AS number, unnest($1::bigint[]) AS listener
    RETURNING id, listener_id, subject)
  INSERT INTO webhook_deliveries (event_id, listener_id, subject)
  SELECT id, listener_id, subject FROM kept RETURNING event_id AS id, listener_id, subject`;
const ORDERED_KEEP = KEEP.replace(' || gen_random_uuid()', " || 'drain'");

/** @returns how long each event for a healthy webhook took, milliseconds */
async function keepUp(stage: Stage, seconds: number, withDead: boolean): Promise<number[]> {
  const { database, sink, healthy, dead } = stage;
  await sink.ask('forget');
  // What dead ones still have goes; they begin as if they had never failed.
  await database.pool.query(
    `UPDATE webhook_deliveries SET state = 'dropped' WHERE listener_id = ANY ($1)`,
    [dead],
  );
  await database.pool.query(
    `UPDATE webhooks SET mode = 'flowing', failures = 0, probes = 0, failing_since = NULL,
       probe_at = NULL, revision = revision + 1 WHERE listener_id = ANY ($1)`,
    [dead],
  );
  const keptAtMs = new Map<string, number>();
  const each = (PER_SECOND * EVERY_MS) / 1000;
  const beganMs = performance.now();
  for (let tick = 0; tick < (seconds * 1000) / EVERY_MS; tick += 1) {
    const perWebhook = Math.ceil(each / healthy.length) - (tick % 2);
    const listeners = withDead ? [...healthy, ...dead] : healthy;
    const kept = await database.pool.query<{ id: number; listener_id: number }>(KEEP, [
      listeners,
      perWebhook,
    ]);
    const atMs = Date.now();
    for (const { id, listener_id: listener } of kept.rows) {
      if (healthy.includes(listener)) keptAtMs.set(`evt_${id}`, atMs);
    }
    await delay(Math.max(0, beganMs + (tick + 1) * EVERY_MS - performance.now()));
  }
  const isThrough = async (): Promise<boolean> =>
    (await sink.ask<number>('count')) >= keptAtMs.size;
  await waitUntil('everything to come', isThrough, { everyMs: 100 });
  const { arrivals } = await sink.ask<SinkReport>('report');
  return arrivals.flatMap(([id, atMs]) => {
    const kept = keptAtMs.get(id);
    return kept === undefined ? [] : [atMs - kept];
  });
}

/** Many that wait for one webhook: how fast they go, and in which order. */
async function drain(
  { database, sink, healthy }: Stage,
  events: number,
): Promise<{ events: number; perSecond: number; inversions: number }> {
  await sink.ask('forget');
  const kept = await database.pool.query<{ id: number; subject: string }>(ORDERED_KEEP, [
    healthy.slice(0, 1),
    events,
  ]);
  const subjects = new Map(kept.rows.map(({ id, subject }) => [`evt_${id}`, subject]));
  const isThrough = async (): Promise<boolean> => (await sink.ask<number>('count')) >= events;
  await waitUntil('everything to come', isThrough, { everyMs: 200, timeoutMs: 300_000 });
  const { arrivals, firstMs, lastMs } = await sink.ask<SinkReport>('report');
  const latest = new Map<string, number>();
  let inversions = 0;
  for (const [id] of arrivals) {
    const subject = subjects.get(id) ?? '';
    const number = Number(id.slice('evt_'.length));
    if (number < (latest.get(subject) ?? 0)) inversions += 1;
    latest.set(subject, number);
  }
  return { events: arrivals.length, perSecond: (events / (lastMs - firstMs)) * 1000, inversions };
}

function p99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Number.NaN;
}
