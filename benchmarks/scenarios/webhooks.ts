// Delivering events: the whole gateway beside bare loops that POST to the same sink.

import { withCpu, type CpuSource } from '../measure/cpu.ts';
import { medianOf, medianRatio } from '../measure/median.ts';
import { waitUntil } from '../measure/wait-until.ts';
import { Child } from '../processes/child.ts';
import type { PostLoop } from '../programs/post-loop.ts';
import type { SinkReport } from '../programs/webhook-sink.ts';
import type { BenchmarkResult, Target } from '../report/result.ts';
import { profiled, type Scenario, type Surroundings } from './surroundings.ts';
import { openWebhookStage, type WebhookStage } from './webhook-stage.ts';

/** All places of a gateway are taken by so many webhooks, each on a host of its own. */
const ALL_PLACES = 64;
const FEWER = [16, 4];
/** So many the gateway posts to one webhook at once. */
const LOOPS_PER_URL = 4;

const METHOD = `Events that wait for webhooks of the documented format are delivered by a gateway, with their
order, signatures, records and log of attempts; "bare loops" are a process of its own that does nothing but
\`undici.request\` to the same hosts of the same sink, as many at once as the gateway: 4 a webhook. The
sink is a third process. Alternating rounds. The targets are for a gateway whose places are all in use.`;

interface Round {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly postgresCpuUs: number;
}

interface Setting extends WebhookStage {
  readonly surroundings: Surroundings;
}

interface Stage extends Setting {
  readonly loops: Child;
}

/** `npm run bench -- webhooks` */
export const webhooks: Scenario = {
  name: 'webhooks',
  async run(surroundings) {
    await using stack = new AsyncDisposableStack();
    const stage = await setUp(surroundings, stack);
    const calmer: Comparison[] = [];
    for (const webhooks of FEWER) calmer.push(await compare(stage, webhooks));
    const busy = await compare(stage, ALL_PLACES);
    return report(busy, calmer);
  },
};

async function setUp(surroundings: Surroundings, stack: AsyncDisposableStack): Promise<Setting> {
  const paths = Array.from({ length: ALL_PLACES }, (_, index) => `/${index}`);
  const order = { name: 'webhooks', phonesFrom: '4474000170', paths };
  const stage = await openWebhookStage(surroundings, order, stack);
  return { ...stage, surroundings };
}

/** Rounds of both with so many of the webhooks. */
interface Comparison {
  readonly webhooks: number;
  readonly delivered: readonly Round[];
  readonly posted: readonly Round[];
}

async function compare(whole: Setting, webhooks: number): Promise<Comparison> {
  const { surroundings, gateway } = whole;
  // One that has had more connections goes on more slowly.
  await using loops = await Child.start({ script: 'benchmarks/programs/post-loop.ts' });
  const stage = {
    ...whole,
    loops,
    urls: whole.urls.slice(0, webhooks),
    listeners: whole.listeners.slice(0, webhooks),
  };
  const events = surroundings.isQuick ? 6400 : 48_000;
  const delivered: Round[] = [];
  const posted: Round[] = [];
  await deliver(stage, events / 2);
  await post(stage, events / 2);
  for (let round = 1; round <= (surroundings.isQuick ? 1 : 3); round += 1) {
    surroundings.say(`${webhooks} webhooks, round ${round}`);
    delivered.push(
      await profiled(surroundings, gateway.child, `webhooks-gateway-${webhooks}`, () =>
        deliver(stage, events),
      ),
    );
    posted.push(
      await profiled(surroundings, loops, `webhooks-bare-${webhooks}`, () => post(stage, events)),
    );
  }
  return { webhooks, delivered, posted };
}

// As the statement that records ticks writes them, but all due at the same moment, soon: tried once,
// since a first attempt waits for nothing.
const KEEP = `
  WITH kept AS (
    INSERT INTO events (listener_id, type, subject, data)
    SELECT service, 'message.status', 'message:' || number, json_build_object(
      'messageId', number::text, 'whatsappId', '3EB0' || md5(number::text), 'to', '447400001799',
      'isGroup', false, 'status', 'read', 'atMs', 0, 'metadata', NULL)
    FROM generate_series(1, $2::int) AS number, unnest($1::bigint[]) AS service
    RETURNING id, listener_id, subject)
  INSERT INTO webhook_deliveries (event_id, listener_id, subject, attempts, next_at)
  SELECT id, listener_id, subject, 1, now() + interval '3 seconds' FROM kept`;

// What a gateway uses while it waits is no part of a delivery.
const SLEEP_UNTIL_DUE = `
  SELECT pg_sleep(greatest(0, extract(epoch FROM min(next_at) - clock_timestamp()) - 0.1))
  FROM webhook_deliveries WHERE state = 'pending'`;

async function deliver(stage: Stage, events: number): Promise<Round> {
  const { database, listeners, sink, gateway } = stage;
  await sink.ask('forget');
  await database.pool.query(KEEP, [listeners, events / listeners.length]);
  await database.pool.query('VACUUM ANALYZE events, webhook_deliveries, webhook_attempts');
  await database.pool.query(SLEEP_UNTIL_DUE);
  const isWrittenDown = async (): Promise<boolean> =>
    (await database.pool.query('SELECT FROM webhook_deliveries LIMIT 1')).rowCount === 0;
  return await measure(stage, gateway.child, events, async () => {
    await waitUntil('everything to be written down', isWrittenDown, { everyMs: 50 });
  });
}

async function post(stage: Stage, events: number): Promise<Round> {
  const { urls, sink, loops } = stage;
  await sink.ask('forget');
  const order: PostLoop = { urls, loopsPerUrl: LOOPS_PER_URL, posts: events };
  return await measure(stage, loops, events, () => loops.ask('post', order));
}

/** The rate is of the time from the first that comes to the last. */
async function measure(
  { surroundings: { postgres }, sink }: Stage,
  poster: CpuSource,
  events: number,
  begin: () => Promise<void>,
): Promise<Round> {
  const isThrough = async (): Promise<boolean> => (await sink.ask<number>('count')) >= events;
  const { cpuMs } = await withCpu({ poster, postgres }, () =>
    Promise.all([begin(), waitUntil('everything to come', isThrough, { everyMs: 50 })]),
  );
  const { firstMs, lastMs } = await sink.ask<SinkReport>('report');
  return {
    perSecond: (events / (lastMs - firstMs)) * 1000,
    cpuUs: (cpuMs.poster / events) * 1000,
    postgresCpuUs: (cpuMs.postgres / events) * 1000,
  };
}

function report(busy: Comparison, calmer: readonly Comparison[]): BenchmarkResult {
  const bound = 'at-least';
  const targets: Target[] = [
    { what: 'deliveries/s to bare loops', measured: rateOf(busy), bound, limit: 0.7 },
    {
      what: 'deliveries per CPU second to bare loops',
      measured: perCpuOf(busy),
      bound,
      limit: 0.7,
    },
  ];
  return {
    name: 'webhooks',
    title: 'Delivering events',
    method: METHOD,
    columns: [
      '',
      'a second',
      'CPU us each',
      'PostgreSQL us each',
      'rate to bare',
      'per CPU to bare',
    ],
    rows: [busy, ...calmer].flatMap((compared) => {
      const { webhooks, delivered, posted } = compared;
      const ratios = [rateOf(compared).toFixed(2), perCpuOf(compared).toFixed(2)];
      return [
        [`gateway, ${webhooks} webhooks`, ...figures(delivered), ...ratios],
        [`bare loops, ${webhooks * LOOPS_PER_URL} at once`, ...figures(posted), '', ''],
      ];
    }),
    targets,
    rounds: { busy, calmer },
  };
}

function rateOf({ delivered, posted }: Comparison): number {
  return medianRatio(delivered, posted, (round) => round.perSecond);
}

function perCpuOf({ delivered, posted }: Comparison): number {
  return 1 / medianRatio(delivered, posted, (round) => round.cpuUs);
}

function figures(rounds: readonly Round[]): number[] {
  return [
    medianOf(rounds, (round) => round.perSecond),
    medianOf(rounds, (round) => round.cpuUs),
    medianOf(rounds, (round) => round.postgresCpuUs),
  ];
}
