import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { waitUntil } from '../harness/wait-until.ts';
import { quantile, type Findings } from './findings.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { StormWorld } from './storm-world.ts';

const CONTACTS = 6;
const ANSWER_MS_MAX = 5000;
const RESUME_MS_MAX = 3000;

/** How PostgreSQL is away. */
export interface Outage {
  readonly shape: 'refused' | 'hanging';
  readonly gateways: number;
  readonly lengthMs: number;
}

/**
 * PostgreSQL is away for a while, once refusing connections and once hanging (SIGSTOP), under a
 * steady load in both directions.
 */
export async function storm(folder: string, outage: Outage, findings: Findings): Promise<void> {
  const { shape, gateways, lengthMs } = outage;
  const seconds = lengthMs / 1000;
  findings.begin(
    `PostgreSQL ${shape} for ${seconds} s, ${gateways} gateway${gateways > 1 ? 's' : ''}`,
  );
  await using world = await StormWorld.start({
    folder: join(folder, `${shape}-${gateways}`),
    gateways,
  });
  const { database } = world;
  const traffic = new SteadyTraffic(world);
  traffic.start('steady', 250, CONTACTS);
  const written: string[] = [];
  await delay(4000);
  const before = await world.stats();
  // Due in the middle of it.
  const dueMs = Math.ceil((Date.now() + lengthMs / 2) / 1000) * 1000;
  await world.accept(0, 0, 'due meanwhile', { schedule: String(dueMs / 1000) });

  const awayMs = performance.now();
  if (shape === 'refused') database.takeAway();
  else database.hang();
  for (let number = 0; number < 5; number += 1) {
    await delay(lengthMs / 6);
    written.push(`in ${number}`);
    await world.write(number, 0, `in ${number}`);
  }
  await delay(lengthMs / 6);
  const during = await world.stats();
  if (shape === 'refused') database.giveBack();
  else database.goOn();
  await waitUntil('PostgreSQL to answer', () => answers(database.url), 30_000);
  const back = { ms: performance.now(), wallMs: Date.now() };
  await delay(8000);
  await traffic.stop();

  judgeAnswers(traffic, awayMs, back.ms, findings);
  await settle(world, traffic, written);
  const due = (await world.shown(0)).find(({ text }) => text === 'due meanwhile');
  const dueLateMs = (due?.at ?? Infinity) - back.wallMs;
  findings.check(
    'what was due meanwhile was shown after its return, ms',
    dueLateMs < RESUME_MS_MAX || gateways > 1,
    dueLateMs,
  );
  const after = await world.stats();
  findings.check(
    'logins during the outage',
    during.logins === before.logins || gateways > 1,
    during.logins - before.logins,
  );
  findings.check(
    'logins in all',
    after.logins === before.logins || gateways > 1,
    after.logins - before.logins,
  );
  await compareAll(world, traffic, written, findings);
}

/** What the client saw from `awayMs` to `backMs`, and the first success afterwards. */
function judgeAnswers(
  traffic: SteadyTraffic,
  awayMs: number,
  backMs: number,
  findings: Findings,
): void {
  const meanwhile = traffic.seen.filter(
    ({ atMs, tookMs }) => atMs > awayMs + 500 && atMs + tookMs < backMs - 2000,
  );
  const not503 = meanwhile.filter(
    ({ status, retryAfter }) => status !== 503 || retryAfter === null,
  );
  findings.check(
    'answers meanwhile: 503 with Retry-After',
    not503.length === 0 && meanwhile.length > 50,
    `${meanwhile.length - not503.length} of ${meanwhile.length}`,
  );
  const slowest = Math.max(
    ...traffic.seen.filter(({ atMs }) => atMs < backMs).map(({ tookMs }) => tookMs),
  );
  findings.check('slowest answer meanwhile, ms', slowest < ANSWER_MS_MAX, Math.round(slowest));
  const firstMs = Math.min(
    ...traffic.seen
      .filter(({ atMs, tookMs, status }) => status === 200 && atMs + tookMs > backMs)
      .map(({ atMs, tookMs }) => atMs + tookMs),
  );
  findings.check(
    'first success after its return, ms',
    firstMs - backMs < RESUME_MS_MAX,
    Math.round(firstMs - backMs),
  );
}

async function settle(world: StormWorld, traffic: SteadyTraffic, written: string[]): Promise<void> {
  const isSettled = async (): Promise<boolean> => {
    const { lost } = await traffic.compare();
    const received = await receivedBy(world);
    return lost.length === 0 && written.every((text) => received.includes(text));
  };
  await waitUntil('everything to arrive', isSettled, 60_000).catch(() => undefined);
}

async function compareAll(
  world: StormWorld,
  traffic: SteadyTraffic,
  written: string[],
  findings: Findings,
): Promise<void> {
  const { lost, doubled } = await traffic.compare();
  findings.check(`lost of ${traffic.accepted.length} accepted`, lost.length === 0, lost.length);
  findings.check('shown twice', doubled.length === 0, doubled.length);
  const received = await receivedBy(world);
  const missing = written.filter((text) => received.filter((one) => one === text).length !== 1);
  findings.check(
    `incoming lost or doubled of ${written.length}`,
    missing.length === 0,
    missing.length,
  );
  const { reusedRatchetCounters, overlappingSockets, undecryptable } = await world.stats();
  const counts = `${reusedRatchetCounters}, ${overlappingSockets}, ${undecryptable}`;
  findings.check(
    'ratchet counters reused, overlapping sockets, undecryptable',
    counts === '0, 0, 0',
    counts,
  );
  const answered = traffic.seen.filter(({ status }) => status === 200).map(({ tookMs }) => tookMs);
  findings.note('median of a success, ms', Math.round(quantile(answered, 0.5)));
}

async function receivedBy(world: StormWorld): Promise<string[]> {
  const { json } = await world.ask(`/receivedMessages/${world.apiKeys[0]}`);
  return (json.data as { message: string }[]).map(({ message }) => message);
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => undefined);
  }
}
