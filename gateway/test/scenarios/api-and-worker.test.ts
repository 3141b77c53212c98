import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { GatewayProcess } from '../harness/gateway-process.ts';
import { TestWorld } from '../harness/test-world.ts';
import { waitUntil } from '../harness/wait-until.ts';

// The public API in one process, the sockets in another: their own directories, one database.

const ENVIRONMENT = {
  TICKWIRE_MASTER_KEY: 'cd'.repeat(32),
  TICKWIRE_LEASE_SECONDS: '5',
};
const world = await TestWorld.start({ ...ENVIRONMENT, TICKWIRE_ROLE: 'api' });
const workerDir = mkdtempSync(join(tmpdir(), 'worker-'));
let worker = await startWorker();
after(async () => {
  await worker[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  rmSync(workerDir, { recursive: true, force: true });
});

function startWorker(): Promise<GatewayProcess> {
  return GatewayProcess.start({
    dataDir: workerDir,
    databaseUrl: world.databaseUrl,
    simulatorUrl: world.simulator.webSocketUrl,
    environment: { ...ENVIRONMENT, TICKWIRE_ROLE: 'worker' },
  });
}

const agent = (
  await world.askAsOperator('/admin/agents', { name: 'Shop', credit: '500.00', mode: 'test' })
).json;
const partner = async (call: string, parameters: Record<string, string>) =>
  await world.ask(`/module/${call}?${new URLSearchParams(parameters).toString()}`);

async function createService(): Promise<string> {
  const created = await partner('create', { agentKey: agent.agentKey, planId: '4', cycle: '1' });
  assert.equal(created.status, 200, created.text);
  return created.json.apiKey;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const OWN = '447400001801';
const OTHER = '447400001809';
/** Nobody has asked for it before. */
let lastNumber = 447_400_001_900;
const isRegistered = (apiKey: string, phone = String((lastNumber += 1))) =>
  world.ask(`/isRegistered/${apiKey}?phonenumber=${phone}`);

const apiKey = await createService();

test('by QR code: shown by one process, scanned, connected by the other', async () => {
  const shown = await partner('qrCode', { apiKey });
  assert.equal(shown.status, 200, shown.text);
  await world.askSimulator('/simulator/phones', { phone: OWN });
  await world.askSimulator(`/simulator/phones/${OWN}/scan`, { qr: shown.json.qrCode });
  await world.waitForConnection(apiKey, 'connected');
  const linked = await partner('qrCode', { apiKey });
  assert.equal(linked.json.whatsAppStatus, 'Connected', linked.text);
  const refused = await partner('loginWithCode', { apiKey, phoneNumber: OWN });
  assert.deepEqual([refused.status, refused.json.code], [409, 'wrong_state']);
});

test('by pairing code, through the operator’s link, and both at once', async () => {
  const byCode = await createService();
  const phone = '447400001802';
  await world.askSimulator('/simulator/phones', { phone });
  const [{ json }, byLink] = await Promise.all([
    partner('loginWithCode', { apiKey: byCode, phoneNumber: phone }),
    world.makeService({ link: '447400001803' }),
  ]);
  assert.match(json.pairCode, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
  await world.askSimulator(`/simulator/phones/${phone}/enter-code`, { pairCode: json.pairCode });
  await world.waitForConnection(byCode, 'connected');
  for (const linked of [byCode, byLink]) {
    const id = await world.send(linked, OTHER, 'linked elsewhere');
    await world.waitForStatus(linked, id, { delivery: 'read' });
  }
});

test('what only WhatsApp knows: numbers and groups', async () => {
  const known = await isRegistered(apiKey, '447400001805');
  assert.deepEqual(known.json, { success: true, result: true });
  assert.equal((await isRegistered(apiKey, '447400000000')).json.result, false);
  const made = await world.askSimulator('/simulator/groups', {
    name: 'Friends “and” others',
    participants: [OWN, OTHER],
  });
  const groups = await world.ask(`/getGroupList/${apiKey}`);
  const groupId = made.json.groupId.replace('@g.us', '');
  assert.deepEqual(groups.json, [{ groupId, groupName: 'Friends “and” others' }]);
  const unlinked = await isRegistered(await createService());
  assert.deepEqual([unlinked.status, unlinked.json.code], [503, 'not_connected']);
});

test('text and files go out, a file comes in', async () => {
  const text = await world.send(apiKey, OTHER, 'a text');
  await world.waitForStatus(apiKey, text, { delivery: 'read' });
  const file = randomBytes(2_000_000);
  const form = new FormData();
  form.append('phonenumber', '447400001808');
  form.append('file', new File([new Uint8Array(file)], 'a.bin'));
  const sent = await world.ask(`/sendMsg/${apiKey}`, { method: 'POST', body: form });
  assert.equal(sent.status, 200, sent.text);
  await world.waitForStatus(apiKey, sent.json.messageId, { delivery: 'read' }, 30_000);
  const [shown] = (await world.askSimulator('/simulator/phones/447400001808/messages')).json;
  assert.equal(shown.media.sha256, sha256(file));

  const receiver = '447400001804';
  const receivingKey = await world.makeService({ link: receiver });
  const media = { base64: file.toString('base64'), mimetype: 'image/jpeg' };
  await world.askSimulator('/simulator/phones/447400001807/messages', {
    to: receiver,
    media,
  });
  const received = await waitUntil('the file to be there', async () => {
    const { json } = await world.ask(`/receivedMessages/${receivingKey}?page=1`);
    const response = await fetch(json.data[0].mediaUrl);
    const body = Buffer.from(await response.arrayBuffer());
    return response.status === 200 ? body : null;
  });
  assert.ok(received.equals(file));
  assert.equal(readdirSync(join(world.dataDir, 'received')).length, 1);
});

test('disconnect closes the other process’s connection, connect opens it again', async () => {
  const keys = { agentKey: agent.agentKey, apiKey };
  assert.equal((await partner('disconnect', keys)).status, 200);
  assert.equal(await world.connectionOf(apiKey), 'disconnected');
  const refused = await isRegistered(apiKey);
  assert.deepEqual([refused.status, refused.json.code], [503, 'not_connected']);
  const id = await world.send(apiKey, OTHER, 'while it is closed');
  assert.equal((await partner('connect', keys)).status, 200);
  await world.waitForConnection(apiKey, 'connected');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
});

test('suspended here, silent there; unsuspended, its queue and schedules go', async () => {
  const own = { agentKey: agent.agentKey, apiKey };
  const schedule = String(Math.floor(Date.now() / 1000) + 2);
  const id = await world.send(apiKey, OTHER, 'scheduled before', { schedule });
  assert.equal((await partner('suspend', own)).status, 200);
  await world.waitForConnection(apiKey, 'disconnected');
  const refused = await world.ask(`/sendMsg/${apiKey}?phonenumber=${OTHER}&message=no`);
  assert.deepEqual([refused.status, refused.json.code], [403, 'service_suspended']);
  assert.equal((await partner('unsuspend', own)).status, 200);
  await world.waitForConnection(apiKey, 'connected');
  await world.waitForStatus(apiKey, id, { delivery: 'read' });
  const shown = (await world.shownBy(OTHER)).filter(({ text }) => text === 'scheduled before');
  assert.equal(shown.length, 1);
});

test('removed here, unlinked from its phone there', async () => {
  const phone = '447400001807';
  const removed = await world.makeService({ link: phone });
  await world.waitForConnection(removed, 'connected');
  await world.askAsOperator(`/admin/services/${removed}/remove`, {});
  await waitUntil('the worker to unlink it', () =>
    worker.output.includes('a removed service was unlinked from its phone'),
  );
  const unlink = world.askSimulator(`/simulator/phones/${phone}/unlink`, {});
  await assert.rejects(unlink, /not_linked/);
});

test('the worker dies over a question: the next one answers it', async () => {
  process.kill(worker.pid, 'SIGSTOP');
  const answer = isRegistered(apiKey);
  await worker.kill();
  worker = await startWorker();
  assert.deepEqual((await answer).json, { success: true, result: true });
});

test('the worker dies and nobody follows: a clear answer, and when to ask again', async () => {
  await world.waitForConnection(apiKey, 'connected');
  process.kill(worker.pid, 'SIGSTOP');
  const asked = [isRegistered(apiKey), world.ask(`/getGroupList/${apiKey}`)];
  await worker.kill();
  for (const answer of await Promise.all(asked)) {
    assert.equal(answer.status, 503, answer.text);
    assert.equal(answer.json.code, 'not_ready');
  }
  worker = await startWorker();
  await waitUntil('a new worker to answer', async () => (await isRegistered(apiKey)).json.result);
});

test('each process does its part only, and tells neither numbers nor codes', async () => {
  const health = await fetch(`${worker.url}/health/ready`);
  assert.equal(health.status, 200);
  assert.equal(
    (await fetch(`${worker.url}/sendMsg/${apiKey}?phonenumber=1&message=1`)).status,
    404,
  );
  for (const { output } of [world.gateway, worker]) {
    assert.doesNotMatch(output, /44740000(18|19)\d\d/);
    assert.doesNotMatch(output, /"pairCode":"[A-Z0-9]{4}-/);
  }
});
