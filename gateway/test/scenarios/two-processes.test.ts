import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Client } from 'pg';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// Two gateways on one database and one simulator. A lease is five seconds long here, so that what
// takes half a minute otherwise does not.

const LEASE_SECONDS = 5;
const SHOWN_WITHIN_MS = 30_000;
const ENVIRONMENT = {
  TICKWIRE_MASTER_KEY: 'ab'.repeat(32),
  TICKWIRE_LEASE_SECONDS: String(LEASE_SECONDS),
};
const ACCOUNTS = 6;
/** With the one that a new gateway makes for its greeting, and the one that is linked by hand. */
const ALL = ACCOUNTS + 2;
const HALVES = [ALL / 2, ALL / 2];
const phoneOf = (account: number): string => `4474000004${String(account).padStart(2, '0')}`;

const world = await TestWorld.start(ENVIRONMENT);
const otherDir = mkdtempSync(join(tmpdir(), 'other-'));
const database = new Client({ connectionString: world.databaseUrl });
await database.connect();
let other: GatewayProcess | null = null;
after(async () => {
  await other?.[Symbol.asyncDispose]();
  await database.end();
  await world[Symbol.asyncDispose]();
  rmSync(otherDir, { recursive: true, force: true });
});

async function startOther(): Promise<GatewayProcess> {
  other = await GatewayProcess.start({
    dataDir: otherDir,
    databaseUrl: world.databaseUrl,
    simulatorUrl: world.simulator.webSocketUrl,
    environment: ENVIRONMENT,
  });
  return other;
}

/** How many accounts each worker holds, fewest first. */
async function shares(): Promise<number[]> {
  const { rows } = await database.query<{ held: number }>(`
    SELECT count(l.service_id)::int AS held FROM workers w
    LEFT JOIN leases l ON l.worker_id = w.id GROUP BY w.id ORDER BY held`);
  return rows.map((row) => row.held);
}

async function waitForShares(expected: number[], withinMs: number): Promise<number> {
  const beganAtMs = performance.now();
  let last: number[] = [];
  await waitUntil(
    `the accounts to be shared ${expected.join(' : ')}`,
    async () => {
      last = await shares();
      return last.join() === expected.join();
    },
    withinMs,
  ).catch((error: unknown) => {
    throw new Error(`they were shared ${last.join(' : ')}`, { cause: error });
  });
  return performance.now() - beganAtMs;
}

/** Who holds the newest service. */
async function newestLease(): Promise<unknown> {
  const { rows } = await database.query('SELECT * FROM leases ORDER BY service_id DESC LIMIT 1');
  return rows[0];
}

async function sendThrough(gateway: GatewayProcess, apiKey: string, phone: string, text: string) {
  const body = new URLSearchParams({ phonenumber: phone, message: text });
  const answer = await fetch(`${gateway.url}/sendMsg/${apiKey}`, { method: 'POST', body });
  assert.equal(answer.status, 200);
  return ((await answer.json()) as { messageId: number }).messageId;
}

const textsShownBy = async (phone: string): Promise<string[]> =>
  (await world.shownBy(phone)).map((message) => message.text).sort();

/** Each once. What a process accepted and could tell nobody of is found within seconds. */
async function waitForTexts(phone: string, texts: readonly string[]): Promise<void> {
  const areShown = async (): Promise<boolean> => (await textsShownBy(phone)).length >= texts.length;
  await waitUntil('all to be shown', areShown, SHOWN_WITHIN_MS);
  assert.deepEqual(await textsShownBy(phone), texts.toSorted());
}

async function assertNothingOverlapped(): Promise<void> {
  const stats = (await world.askSimulator('/simulator/stats')).json;
  assert.deepEqual(
    [stats.overlappingSockets, stats.reusedRatchetCounters, stats.undecryptable],
    [0, 0, 0],
  );
}

const apiKeys: string[] = [];
for (let account = 0; account < ACCOUNTS; account += 1) {
  apiKeys.push(await world.makeService({ link: phoneOf(account) }));
}

async function sendAllThrough(gateways: GatewayProcess[], phone: string, round: string) {
  const texts: string[] = [];
  for (const [index, apiKey] of apiKeys.entries()) {
    for (const [door, gateway] of gateways.entries()) {
      const text = `${round}, account ${index}, door ${door}`;
      await sendThrough(gateway, apiKey, phone, text);
      texts.push(text);
    }
  }
  return texts.sort();
}

test('a second process gets its half, without overlap, and not what is being linked', async () => {
  const apiKey = await world.makeService();
  const { qrCode } = (await world.ask(`/module/qrCode?apiKey=${apiKey}`)).json;
  const lease = await newestLease();
  await startOther();
  await waitForShares(HALVES, 30_000);
  assert.deepEqual(await newestLease(), lease);
  await world.askSimulator(`/simulator/phones/${phoneOf(ACCOUNTS)}/scan`, { qr: qrCode });
  await world.waitForConnection(apiKey, 'connected');
  await assertNothingOverlapped();
});

test('messages accepted at either process are delivered once, by whoever owns the account', async () => {
  assert.ok(other !== null);
  const phone = '447400000451';
  const texts = await sendAllThrough([world.gateway, other], phone, 'shared');
  await waitForTexts(phone, texts);
  await assertNothingOverlapped();
});

test('a change of pacing is followed by the other process at once, there and back', async () => {
  assert.ok(other !== null);
  const { rows } = await database.query<{ phone: string }>(
    `SELECT phone FROM sessions JOIN leases USING (service_id) JOIN workers w ON w.id = worker_id
     WHERE phone LIKE $1 ORDER BY w.started_at DESC LIMIT 1`,
    [`${phoneOf(0).slice(0, -2)}__`],
  );
  const apiKey = apiKeys[Number(rows[0]?.phone.slice(-2))] ?? '';
  const strangers: string[] = [];
  const writeToStranger = async (): Promise<void> => {
    strangers.push(`4474000005${strangers.length + 10}`);
    await sendThrough(world.gateway, apiKey, strangers.at(-1) ?? '', 'hello');
  };
  // Its owner has seen just now that it is unpaced, and would look again in half a minute.
  await writeToStranger();
  await waitForTexts(strangers[0] ?? '', ['hello']);
  const path = `/admin/services/${apiKey}/pacing`;
  const oneStranger = { gapSecondsMin: 0, gapSecondsMax: 0, warmUpDays: 0, newChatsPerHour: 1 };
  assert.equal((await world.askAsOperator(path, oneStranger, 'PUT')).status, 200);
  const isHolding = async (): Promise<boolean> => {
    await writeToStranger();
    return (await world.ask(`/pacing/${apiKey}`)).json.held > 0;
  };
  await waitUntil('a stranger to be held', isHolding, 10_000);
  await world.askAsOperator(path, { pacing: 'default' }, 'PUT');
  for (const phone of strangers) await waitForTexts(phone, ['hello']);
});

/** Who listens to the first account's events at the other process, and who waits for the next. */
let listening: Promise<string> | null = null;
let waiting: Promise<Response> | null = null;

test('what one process keeps is told to a listener of the other', async () => {
  assert.ok(other !== null);
  const [apiKey = ''] = apiKeys;
  assert.equal((await fetch(`${other.url}/events/open/${apiKey}`)).status, 200);
  const stream = await fetch(`${other.url}/events/stream/${apiKey}`);
  let told = '';
  listening = (async () => {
    for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      told += chunk;
    }
    return told;
  })();
  const messageId = await sendThrough(world.gateway, apiKey, '447400000459', 'listen');
  const isTold = (): boolean =>
    told.includes(`"messageId":"${messageId}"`) && told.includes('read');
  await waitUntil('its states', isTold, SHOWN_WITHIN_MS);
  const cursor = [...told.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
  waiting = fetch(`${other.url}/events/pull/${apiKey}?wait=25&after=${cursor}`);
});

test('SIGTERM: the other has all accounts within five seconds, and nothing is lost', async () => {
  assert.ok(other !== null);
  const phone = '447400000452';
  const texts = await sendAllThrough([other], phone, 'before the end');
  const beganAtMs = performance.now();
  const stopped = other.stop();
  await waitForShares([ALL], 5000);
  assert.ok(performance.now() - beganAtMs < 5000);
  assert.equal(await stopped, 0);
  // Whoever listened or waited there was let go, and did not keep it.
  const stopMs = performance.now() - beganAtMs;
  assert.ok(stopMs < 15_000, `it took ${stopMs} ms`);
  assert.match((await listening) ?? '', /^event: message\.status$/m);
  assert.equal((await waiting)?.status, 200);
  await waitForTexts(phone, texts);
  await assertNothingOverlapped();
});

test('SIGKILL: the other takes over when the lease is over, and nothing is lost', async () => {
  const killed = await startOther();
  await waitForShares(HALVES, 30_000);
  const phone = '447400000453';
  const texts = await sendAllThrough([killed], phone, 'before the kill');
  await killed.kill();
  const tookMs = await waitForShares([ALL], LEASE_SECONDS * 1500 + 3000);
  assert.ok(tookMs > LEASE_SECONDS * 500, `after ${tookMs} ms it could not be known to be dead`);
  await waitForTexts(phone, texts);
  await assertNothingOverlapped();
});

test('kill -9 and a start in the same data directory: nobody waits for a lease', async () => {
  await world.gateway.kill();
  await world.startGateway();
  await waitForShares([ALL], 3000);
  await assertNothingOverlapped();
});

test('who slept through its lease changes nothing when it wakes', async () => {
  const sleeper = await startOther();
  await waitForShares(HALVES, 30_000);
  const phone = '447400000454';
  const texts = await sendAllThrough([sleeper], phone, 'before the sleep');
  process.kill(sleeper.pid, 'SIGSTOP');
  await waitForShares([ALL], LEASE_SECONDS * 1500 + 3000);
  texts.push(...(await sendAllThrough([world.gateway], phone, 'while it sleeps')));
  await waitForTexts(phone, texts);
  // It could not close its sockets: WhatsApp ended them when the new owner logged in.
  const { overlappingSockets } = (await world.askSimulator('/simulator/stats')).json;
  process.kill(sleeper.pid, 'SIGCONT');
  await waitUntil('it to notice', () => /accounts are given up/.test(sleeper.output));
  await waitForShares(HALVES, 30_000);
  texts.push(...(await sendAllThrough([world.gateway, sleeper], phone, 'after the sleep')));
  await waitForTexts(phone, texts);
  const stats = (await world.askSimulator('/simulator/stats')).json;
  assert.deepEqual([stats.reusedRatchetCounters, stats.undecryptable], [0, 0]);
  assert.equal(stats.overlappingSockets, overlappingSockets, 'awake it pushed nobody away');
});
