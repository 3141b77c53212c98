// Accepting sends: the whole gateway beside its own HTTP server without a database, and beside its
// own INSERT without HTTP.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { withCpu, type CpuSource } from '../measure/cpu.ts';
import { medianOf, medianRatio } from '../measure/median.ts';
import { Child } from '../processes/child.ts';
import { Gateway, MASTER_KEY_HEX } from '../processes/gateway.ts';
import type { Postgres } from '../processes/postgres.ts';
import { Simulator } from '../processes/simulator.ts';
import type { InsertLoop, InsertLoopResult } from '../programs/insert-loop.ts';
import type { Load, LoadResult } from '../programs/load.ts';
import type { BenchmarkResult, Target } from '../report/result.ts';
import { profiled, type Scenario, type Surroundings } from './surroundings.ts';

const CONNECTIONS = [1, 32, 256];
const PHONE = '447400000900';
const RECIPIENT = '447400000901';
const TEXT = 'Your order 10482 has left our warehouse and arrives tomorrow between 9 and 12.';
const AHEAD_MS = 3_600_000;

const METHOD = `\`POST /sendMsg\`, urlencoded, at 1, 32 and 256 connections, of a test service that is linked and
connected; every send is scheduled an hour ahead, so that accepting alone is measured. "HTTP alone" is the
gateway's own server with its parsing, key look-up, validation and answer, which keeps nothing.
"INSERT alone" is the gateway's own statement in a bare loop, with as many rows a statement as the gateway
had at that number of connections. The client is autocannon in a process of its own. Every answer was 2xx.`;

interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverCpuUs: number;
  readonly postgresCpuUs: number;
}

interface GatewayRound extends Round {
  readonly rowsPerInsert: number;
}

interface Measured {
  readonly connections: number;
  readonly gateway: GatewayRound[];
  readonly http: Round[];
  readonly inserts: Round[];
}

/** The processes of this benchmark. */
interface Stage {
  readonly surroundings: Surroundings;
  readonly databaseUrl: string;
  readonly gateway: Gateway;
  readonly gatewayUrl: string;
  readonly httpOnly: Child;
  readonly httpOnlyUrl: string;
  readonly inserter: Child;
  readonly load: Child;
  readonly body: string;
  readonly scheduledAtMs: number;
  readonly durationS: number;
}

export const accept: Scenario = {
  name: 'accept',
  async run(surroundings) {
    await using stack = new AsyncDisposableStack();
    const stage = await setUp(surroundings, stack);
    const rounds = surroundings.isQuick ? 1 : 3;
    const all: Measured[] = [];
    await warmUp(stage);
    for (const connections of CONNECTIONS) {
      surroundings.say(`${connections} connections`);
      const measured: Measured = { connections, gateway: [], http: [], inserts: [] };
      for (let round = 0; round < rounds; round += 1) await measureRound(stage, measured);
      all.push(measured);
    }
    return report(all);
  },
};

async function setUp(surroundings: Surroundings, stack: AsyncDisposableStack): Promise<Stage> {
  const { postgres, folder, isQuick } = surroundings;
  const databaseUrl = await postgres.createDatabase('accept');
  const simulator = stack.use(await Simulator.start(join(folder, 'simulator')));
  const dataDir = join(folder, 'gateway');
  mkdirSync(dataDir);
  const simulatorUrl = simulator.webSocketUrl;
  const gateway = stack.use(await Gateway.start({ dataDir, databaseUrl, simulatorUrl }));
  const apiKey = await gateway.linkService(PHONE);
  const httpOnly = stack.use(await Child.start({ script: 'benchmarks/programs/http-only.ts' }));
  const place = { databaseUrl, masterKeyHex: MASTER_KEY_HEX };
  const httpOnlyUrl = await httpOnly.ask<string>('listen', place);
  const scheduledAtMs = Date.now() + AHEAD_MS;
  const form = {
    phonenumber: RECIPIENT,
    message: TEXT,
    schedule: String(Math.floor(scheduledAtMs / 1000)),
  };
  return {
    surroundings,
    databaseUrl,
    gateway,
    gatewayUrl: `${gateway.url}/sendMsg/${apiKey}`,
    httpOnly,
    httpOnlyUrl: `${httpOnlyUrl}/sendMsg/${apiKey}`,
    inserter: stack.use(await Child.start({ script: 'benchmarks/programs/insert-loop.ts' })),
    load: stack.use(await Child.start({ script: 'benchmarks/programs/load.ts' })),
    body: new URLSearchParams(form).toString(),
    scheduledAtMs,
    durationS: isQuick ? 1 : 3,
  };
}

/** The compiler of the language has seen the hot functions before anything counts. */
async function warmUp(stage: Stage): Promise<void> {
  for (const url of [stage.gatewayUrl, stage.httpOnlyUrl]) {
    await loadServer(stage, { url, connections: 32, durationS: stage.durationS });
  }
  await insertRows(stage, { rowsPerInsert: 32, durationS: 1 });
}

async function measureRound(stage: Stage, measured: Measured): Promise<void> {
  const { connections } = measured;
  const { surroundings, durationS } = stage;
  const ofGateway = await profiled(
    surroundings,
    stage.gateway.child,
    `accept-${connections}-gateway`,
    () => measureGateway(stage, connections),
  );
  const ofHttp = await profiled(surroundings, stage.httpOnly, `accept-${connections}-http`, () =>
    measureLoad(stage, stage.httpOnly, { url: stage.httpOnlyUrl, connections, durationS }),
  );
  const rowsPerInsert = Math.max(1, Math.round(ofGateway.rowsPerInsert));
  measured.gateway.push(ofGateway);
  measured.http.push(ofHttp);
  measured.inserts.push(await measureInserts(stage, rowsPerInsert));
}

async function measureGateway(stage: Stage, connections: number): Promise<GatewayRound> {
  const { postgres } = stage.surroundings;
  const { gateway, gatewayUrl, durationS } = stage;
  await postgres.forgetStatements();
  const round = await measureLoad(stage, gateway.child, {
    url: gatewayUrl,
    connections,
    durationS,
  });
  return { ...round, rowsPerInsert: await countRowsPerInsert(postgres) };
}

async function countRowsPerInsert(postgres: Postgres): Promise<number> {
  const statements = await postgres.statements();
  for (const [text, { calls, rows }] of statements) {
    if (text.startsWith('INSERT INTO messages')) return rows / calls;
  }
  throw new Error('the gateway has not inserted messages');
}

async function measureLoad(
  stage: Stage,
  server: CpuSource,
  load: Omit<Load, 'body'>,
): Promise<Round> {
  const { postgres } = stage.surroundings;
  const { result, cpuMs } = await withCpu({ server, postgres }, () => loadServer(stage, load));
  const { requests, durationMs, p50Ms, p99Ms } = result;
  return {
    perSecond: (requests / durationMs) * 1000,
    p50Ms,
    p99Ms,
    serverCpuUs: (cpuMs.server / requests) * 1000,
    postgresCpuUs: (cpuMs.postgres / requests) * 1000,
  };
}

async function loadServer(stage: Stage, load: Omit<Load, 'body'>): Promise<LoadResult> {
  const result = await stage.load.ask<LoadResult>('load', { ...load, body: stage.body });
  if (result.failures > 0) throw new Error(`${result.failures} requests to ${load.url} failed`);
  return result;
}

async function measureInserts(stage: Stage, rowsPerInsert: number): Promise<Round> {
  const { inserter: server, durationS } = stage;
  const { postgres } = stage.surroundings;
  const { result, cpuMs } = await withCpu({ server, postgres }, () =>
    insertRows(stage, { rowsPerInsert, durationS }),
  );
  return {
    perSecond: (result.rows / result.durationMs) * 1000,
    p50Ms: Number.NaN,
    p99Ms: Number.NaN,
    serverCpuUs: (cpuMs.server / result.rows) * 1000,
    postgresCpuUs: (cpuMs.postgres / result.rows) * 1000,
  };
}

function insertRows(
  { inserter, databaseUrl, scheduledAtMs }: Stage,
  loop: Pick<InsertLoop, 'rowsPerInsert' | 'durationS'>,
): Promise<InsertLoopResult> {
  const question: InsertLoop = {
    ...loop,
    databaseUrl,
    phone: RECIPIENT,
    text: TEXT,
    scheduledAtMs,
  };
  return inserter.ask<InsertLoopResult>('insert', question);
}

function report(all: readonly Measured[]): BenchmarkResult {
  return {
    name: 'accept',
    title: 'Accepting sends',
    method: METHOD,
    columns: [
      'connections',
      'sends/s',
      'p50 ms',
      'p99 ms',
      'CPU us/send',
      'PostgreSQL us/send',
      'rows/INSERT',
      'of HTTP alone',
      'CPU to HTTP alone',
      'of INSERT alone',
    ],
    rows: all.flatMap(rowsOf),
    targets: all.filter(({ connections }) => connections > 1).flatMap(targetsOf),
    rounds: all,
  };
}

function rowsOf(measured: Measured): (string | number)[][] {
  const { connections, gateway, http, inserts } = measured;
  const rowsPerInsert = medianOf(gateway, (round) => round.rowsPerInsert);
  const ratios = [rateRatio(gateway, http), cpuRatio(gateway, http), rateRatio(gateway, inserts)];
  return [
    row(`${connections}: gateway`, gateway, [rowsPerInsert, ...ratios.map((it) => it.toFixed(2))]),
    row(`${connections}: HTTP alone`, http, ['', '', '', '']),
    row(`${connections}: INSERT alone`, inserts, [rowsPerInsert, '', '', '']),
  ];
}

function row(
  name: string,
  rounds: readonly Round[],
  rest: readonly (string | number)[],
): (string | number)[] {
  return [
    name,
    medianOf(rounds, (round) => round.perSecond),
    medianOf(rounds, (round) => round.p50Ms),
    medianOf(rounds, (round) => round.p99Ms),
    medianOf(rounds, (round) => round.serverCpuUs),
    medianOf(rounds, (round) => round.postgresCpuUs),
    ...rest,
  ];
}

function targetsOf({ connections, gateway, http }: Measured): Target[] {
  return [
    {
      what: `${connections} connections, rate to HTTP alone`,
      measured: rateRatio(gateway, http),
      bound: 'at-least',
      limit: 0.5,
    },
    {
      what: `${connections} connections, CPU a send to HTTP alone`,
      measured: cpuRatio(gateway, http),
      bound: 'at-most',
      limit: 3,
    },
  ];
}

function rateRatio(rounds: readonly Round[], limits: readonly Round[]): number {
  return medianRatio(rounds, limits, (round) => round.perSecond);
}

function cpuRatio(rounds: readonly Round[], limits: readonly Round[]): number {
  return medianRatio(rounds, limits, (round) => round.serverCpuUs);
}
