import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GatewayProcess, type GatewayProcessOptions } from '../harness/gateway-process.ts';
import { waitUntil } from '../harness/wait-until.ts';
import { TestWorld } from '../harness/test-world.ts';

// One process has the API and no sockets, another the sockets and no API.

const SHARED = { TICKWIRE_MASTER_KEY: 'cd'.repeat(32), TICKWIRE_LEASE_SECONDS: '5' };
const world = await TestWorld.start({ ...SHARED, TICKWIRE_ROLE: 'api' });
const workerDir = mkdtempSync(join(tmpdir(), 'worker-'));
const options = (environment: Record<string, string>): GatewayProcessOptions => ({
  dataDir: workerDir,
  databaseUrl: world.databaseUrl,
  simulatorUrl: world.simulator.webSocketUrl,
  environment,
});
const startWorker = (): Promise<GatewayProcess> =>
  GatewayProcess.start(options({ ...SHARED, TICKWIRE_ROLE: 'worker' }));
let worker = await startWorker();
after(async () => {
  await worker[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  rmSync(workerDir, { recursive: true, force: true });
});

let apiKey = '';

const statusOf = async (path: string): Promise<number> =>
  (await fetch(`${worker.url}${path}`)).status;

test('an account is linked, asked and sent through by way of the API process', async () => {
  apiKey = await world.makeService({ link: '447400000601' });
  const id = await world.send(apiKey, '447400000602', 'from one process to the other');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  const known = await world.ask(`/isRegistered/${apiKey}?phonenumber=447400000603`);
  assert.equal(known.status, 200, known.text);
  const groups = await world.ask(`/getGroupList/${apiKey}`);
  assert.equal(groups.status, 200, groups.text);
});

test('the worker answers for its health and for nothing else', async () => {
  assert.equal(await statusOf('/health/live'), 200);
  assert.equal(await statusOf('/health/ready'), 200);
  assert.equal(await statusOf('/metrics'), 200);
  for (const path of [`/sendMsg/${apiKey}`, '/docs', '/admin/services', '/simulator/stats']) {
    assert.equal(await statusOf(path), 404, path);
  }
});

test('what is accepted while no worker is there goes out when one comes', async () => {
  await worker.kill();
  const id = await world.send(apiKey, '447400000604', 'nobody there');
  worker = await startWorker();
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  const stats = (await world.askSimulator('/simulator/stats')).json;
  assert.deepEqual([stats.overlappingSockets, stats.reusedRatchetCounters], [0, 0]);
});

test('another master key is refused with a sentence that names its variable', async () => {
  const otherDir = mkdtempSync(join(tmpdir(), 'stranger-'));
  const stranger = GatewayProcess.start({ ...options({}), dataDir: otherDir });
  await assert.rejects(stranger, /TICKWIRE_MASTER_KEY/);
  rmSync(otherDir, { recursive: true, force: true });
});

test('another simulator: the newcomer says so and serves no test services', async () => {
  const otherDir = mkdtempSync(join(tmpdir(), 'other-world-'));
  await using newcomer = await GatewayProcess.start({
    ...options({ ...SHARED, TICKWIRE_ROLE: 'worker', TICKWIRE_SIMULATOR_URL: '' }),
    dataDir: otherDir,
  });
  const saysSo = (): boolean =>
    /Test services are not served .*TICKWIRE_SIMULATOR_URL/.test(newcomer.output);
  await waitUntil('it to say so', saysSo);
  assert.equal(await newcomer.stop(), 0);
  rmSync(otherDir, { recursive: true, force: true });
});
