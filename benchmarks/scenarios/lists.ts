// Reading and accepting beside a million messages of others: what a service asks for must not cost
// more because others have sent a lot.

import { mkdirSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createKeyring } from '../../gateway/src/http/access/keyring.ts';
import { systemRandom } from '../../gateway/src/runtime/random.ts';
import type { ServiceId } from '../../gateway/src/domain/ids.ts';
import { openDatabase, type Database } from '../../gateway/src/storage/database.ts';
import { createService } from '../../gateway/src/storage/services/create-service.ts';
import { median, medianOf, medianRatio } from '../measure/median.ts';
import { Gateway, MASTER_KEY_HEX } from '../processes/gateway.ts';
import { Simulator } from '../processes/simulator.ts';
import type { BenchmarkResult, Target } from '../report/result.ts';
import type { Scenario, Surroundings } from './surroundings.ts';
import { claimOne, letThemWait } from './waiting.ts';

const MESSAGES_PER_SERVICE = 1000;
const LARGE_SERVICE_MESSAGES = 200_000;
/** More services than PostgreSQL's buffers hold the rows of: each is asked as if out of the blue. */
const SERVICES_ASKED = 100;
const RECIPIENT = '447400000901';
const AHEAD_MS = 3_600_000;

const METHOD = `Two gateways, one with 1,000 messages of one service, one with 1,000,000 of 1,000 services, their rows mixed,
and 200,000 more of a large one; vacuumed, as autovacuum leaves it. One request after the other over one
connection; lists are asked by ${SERVICES_ASKED} services in turn, the rest by one. The filters are parts of a number that
all or none of the rows have. The last column is the large service: its counts and rare filters read an entry
of an index for each of its own messages. The last two rows: none waits with the first gateway, and with the
second all do, and are due. A message is accepted, and the next one of a service is claimed for sending by the
gateway's own statement, its commit included.`;

const ACCEPT_URL = (): string =>
  `/sendMsg/KEY?phonenumber=${RECIPIENT}&message=x&schedule=${Math.floor((Date.now() + AHEAD_MS) / 1000)}`;

/** What is asked, by a name for the table. */
const ACTIONS: readonly Action[] = [
  { name: 'sentMessages, page 1', limit: 5, address: () => '/sentMessages/KEY' },
  {
    name: 'sentMessages, common part of a number',
    limit: 5,
    address: () => '/sentMessages/KEY?phonenumber=4474',
  },
  {
    name: 'sentMessages, part no number has',
    limit: 5,
    address: () => '/sentMessages/KEY?phonenumber=99999',
  },
  { name: 'pending', limit: 5, address: () => '/pending/KEY' },
  {
    name: 'getStatus',
    limit: 1.2,
    address: (turn, { ids }) => `/getStatus/KEY?id=${ids[(turn * 37) % ids.length]}`,
  },
  { name: 'sendMsg', limit: 1.2, address: ACCEPT_URL },
];

/** What is done when all messages wait. */
const ACTIONS_WAITING: readonly Action[] = [
  { name: 'sendMsg, all waiting', limit: 1.2, address: ACCEPT_URL },
  { name: 'claim of the next message, all waiting', limit: 1.2, address: null },
];

interface Action {
  readonly name: string;
  /** How much slower it may be among others. */
  readonly limit: number;
  /** What is asked over HTTP; null claims the service's next message instead. */
  readonly address: ((turn: number, asked: AskedService) => string) | null;
}

interface AskedService {
  readonly id: ServiceId;
  readonly apiKey: string;
  /** Of its messages, for `getStatus`. */
  readonly ids: readonly number[];
}

/** A gateway with messages. */
interface Filled {
  readonly url: string;
  readonly database: Database;
  readonly services: readonly AskedService[];
  /** Null where there is none. */
  readonly large: AskedService | null;
}

/** Median times of one round, milliseconds. */
interface Round {
  readonly p50Ms: number;
}

interface Measured {
  readonly action: Action;
  readonly few: Round[];
  readonly many: Round[];
  readonly large: Round[];
}

export const lists: Scenario = {
  name: 'lists',
  async run(surroundings) {
    const { isQuick } = surroundings;
    await using stack = new AsyncDisposableStack();
    const few = await fill(surroundings, stack, { name: 'few', services: 1, hasLarge: false });
    surroundings.say('filling in a million messages');
    const services = isQuick ? SERVICES_ASKED : 1000;
    const many = await fill(surroundings, stack, { name: 'many', services, hasLarge: !isQuick });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    stack.defer(() => agent.destroy());
    const all: Measured[] = [];
    for (const action of ACTIONS) {
      surroundings.say(action.name);
      all.push(await measure(agent, action, few, many, isQuick ? 1 : 5));
    }
    surroundings.say('letting all of them wait');
    await letThemWait(few.database, many.database);
    for (const action of ACTIONS_WAITING) {
      surroundings.say(action.name);
      all.push(await measure(agent, action, few, many, isQuick ? 1 : 5));
    }
    return report(all);
  },
};

async function measure(
  agent: Agent,
  action: Action,
  few: Filled,
  many: Filled,
  rounds: number,
): Promise<Measured> {
  const measured: Measured = { action, few: [], many: [], large: [] };
  for (let round = -1; round < rounds; round += 1) {
    const times = [
      await ask(agent, action, few, few.services, 200),
      await ask(agent, action, many, many.services, 200),
      many.large === null ? null : await ask(agent, action, many, [many.large], 20),
    ] as const;
    // The first round warms everything up.
    if (round < 0) continue;
    measured.few.push(times[0]);
    measured.many.push(times[1]);
    if (times[2] !== null) measured.large.push(times[2]);
  }
  return measured;
}

async function ask(
  agent: Agent,
  action: Action,
  { url, database }: Filled,
  services: readonly AskedService[],
  requests: number,
): Promise<Round> {
  const asked = action.limit < 2 ? services.slice(0, 1) : services;
  const times: number[] = [];
  for (let turn = 0; turn < requests; turn += 1) {
    const service = asked[turn % asked.length];
    if (service === undefined) throw new Error('there is no service to ask');
    if (action.address === null) {
      times.push(await claimOne(database, service.id));
      continue;
    }
    const address = action.address(turn, service).replace('KEY', service.apiKey);
    const startedMs = performance.now();
    await get(agent, url + address);
    times.push(performance.now() - startedMs);
  }
  return { p50Ms: median(times) };
}

/** With node:http: `fetch` would take longer than some of the answers. */
async function get(agent: Agent, url: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  request(url, { agent }, (response) => {
    buffer(response).then((body) => {
      if (response.statusCode === 200) resolve();
      else reject(new Error(`${response.statusCode}: ${body.toString()}`));
    }, reject);
  })
    .on('error', reject)
    .end();
  await promise;
}

async function fill(
  { postgres, folder }: Surroundings,
  stack: AsyncDisposableStack,
  { name, services, hasLarge }: { name: string; services: number; hasLarge: boolean },
): Promise<Filled> {
  const databaseUrl = await postgres.createDatabase(`lists_${name}`);
  const simulator = stack.use(await Simulator.start(join(folder, `simulator-${name}`)));
  const dataDir = join(folder, `gateway-${name}`);
  mkdirSync(dataDir);
  const simulatorUrl = simulator.webSocketUrl;
  const gateway = stack.use(await Gateway.start({ dataDir, databaseUrl, simulatorUrl }));
  const database = openDatabase(databaseUrl, () => undefined);
  stack.defer(() => database.close());
  const made: { id: ServiceId; apiKey: string }[] = [];
  for (let count = 0; count < services; count += 1) made.push(await makeService(database));
  await insertMessages(
    database,
    made.map(({ id }) => id),
    services * MESSAGES_PER_SERVICE,
  );
  const large = hasLarge ? await makeService(database) : null;
  if (large !== null) await insertMessages(database, [large.id], LARGE_SERVICE_MESSAGES);
  await database.pool.query('VACUUM ANALYZE messages');
  return {
    url: gateway.url,
    database,
    services: await Promise.all(
      made.slice(0, SERVICES_ASKED).map((service) => withIds(database, service)),
    ),
    large: large === null ? null : await withIds(database, large),
  };
}

/** Nobody is linked to it, and nothing connects it. */
async function makeService(database: Database): Promise<{ id: ServiceId; apiKey: string }> {
  const issued = createKeyring(Buffer.from(MASTER_KEY_HEX, 'hex'), systemRandom).issue();
  const id = await createService(database.query, {
    agentId: null,
    mode: 'test',
    planId: 4,
    keyFingerprint: issued.fingerprint,
    keyPrefix: issued.prefix,
    keySealed: issued.sealed,
    receivesMessages: true,
    expiresAtMs: Date.now() + 365 * 86_400_000,
    billingDay: 1,
  });
  if (id === null) throw new Error('there is a service with this key');
  return { id, apiKey: issued.key };
}

/** Read messages, of the services in turn. */
async function insertMessages(
  database: Database,
  serviceIds: readonly number[],
  count: number,
): Promise<void> {
  await database.pool.query(
    `INSERT INTO messages (service_id, whatsapp_id, chat, text, state, is_scheduled, due_at,
                           attempts, executed_at, server_at, phone_at, read_at)
     SELECT ($1::bigint[])[1 + n % cardinality($1)], '3EB0' || upper(md5(n::text)),
            '4474' || lpad((n::bigint * 7919 % 98000000)::text, 8, '0'),
            'Your order ' || n || ' has left our warehouse and arrives tomorrow between 9 and 12.',
            'read', false, now(), 1, now(), now(), now(), now()
     FROM generate_series(1, $2::int) n`,
    [serviceIds, count],
  );
}

async function withIds(
  database: Database,
  { id, apiKey }: { id: ServiceId; apiKey: string },
): Promise<AskedService> {
  const { rows } = await database.pool.query<{ id: number }>(
    'SELECT id FROM messages WHERE service_id = $1 ORDER BY id LIMIT 1000',
    [id],
  );
  return { id, apiKey, ids: rows.map((row) => row.id) };
}

function report(all: readonly Measured[]): BenchmarkResult {
  return {
    name: 'lists',
    title: 'Lists among many messages',
    method: METHOD,
    columns: [
      '',
      'p50 ms of 1,000',
      'p50 ms of 1,000,000',
      'ratio',
      'p50 ms, a service of 200,000',
    ],
    rows: all.map(({ action, few, many, large }) => [
      action.name,
      medianOf(few, p50Of),
      medianOf(many, p50Of),
      medianRatio(many, few, p50Of).toFixed(2),
      medianOf(large, p50Of),
    ]),
    targets: all.map(({ action, few, many }): Target => ({
      what: `${action.name}, among 1,000,000 to among 1,000`,
      measured: medianRatio(many, few, p50Of),
      bound: 'at-most',
      limit: action.limit,
    })),
    rounds: all.map(({ action, ...rounds }) => ({ action: action.name, ...rounds })),
  };
}

function p50Of({ p50Ms }: Round): number {
  return p50Ms;
}
